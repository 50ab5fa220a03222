package bearer_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/bearer"
)

// at is where providers of these tests are, on a network of their own.
const at = "http://localhost"

// login is an identity provider.
type login struct {
	mu     sync.Mutex
	keys   []map[string]any
	answer func(w http.ResponseWriter, r *http.Request) bool // what it does instead
	asked  map[string]int                                    // by path
}

func (l *login) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	keys, instead := l.keys, l.answer
	if l.asked == nil {
		l.asked = map[string]int{}
	}
	l.asked[r.URL.Path]++
	l.mu.Unlock()
	if instead != nil && instead(w, r) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": "http://" + r.Host, "jwks_uri": "http://" + r.Host + "/keys",
			"scopes_supported": []string{"openid"},
		})
	case "/keys":
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": keys})
	default:
		http.NotFound(w, r)
	}
}

func (l *login) set(answer func(w http.ResponseWriter, r *http.Request) bool, keys ...map[string]any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer, l.keys = answer, keys
}

func (l *login) count(path string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked[path]
}

// fails is a provider that is away.
func fails(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusBadGateway)
	return true
}

// wire is a listener and what dials it, within the process.
type wire struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func (w wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w wire) Close() error { w.close(); return nil }

func (wire) Addr() net.Addr { return &net.UnixAddr{Name: "wire"} }

func (w wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case w.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// serve lets a provider answer over HTTP until the test ends: its connections are within the process, so that it may run on virtual time.
func serve(t *testing.T, l http.Handler) (client *http.Client, end func()) {
	t.Helper()
	closed := make(chan struct{})
	w := wire{conns: make(chan net.Conn), closed: closed, close: sync.OnceFunc(func() { close(closed) })}
	server := &http.Server{Handler: l, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(w); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	transport := &http.Transport{DialContext: w.dial}
	return &http.Client{Transport: transport}, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	}
}

// signer is a private key of a provider.
type signer struct {
	id     string
	method jwt.SigningMethod
	key    crypto.Signer
}

func newSigner(t *testing.T, id string) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{id, jwt.SigningMethodES256, key}
}

// jwk is its public key, with changes.
func (s signer) jwk(changes ...string) map[string]any {
	text := base64.RawURLEncoding.EncodeToString
	key := map[string]any{"kid": s.id, "use": "sig", "alg": s.method.Alg()}
	switch public := s.key.Public().(type) {
	case *ecdsa.PublicKey:
		point, _ := public.Bytes()
		half := (len(point) - 1) / 2
		maps.Copy(key, map[string]any{"kty": "EC", "crv": public.Params().Name, "x": text(point[1 : 1+half]), "y": text(point[1+half:])})
	case *rsa.PublicKey:
		maps.Copy(key, map[string]any{"kty": "RSA", "n": text(public.N.Bytes()), "e": text(big.NewInt(int64(public.E)).Bytes())})
	case ed25519.PublicKey:
		maps.Copy(key, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": text(public)})
	}
	for change := range slices.Chunk(changes, 2) {
		if key[change[0]] = change[1]; change[1] == "" {
			delete(key, change[0])
		}
	}
	return key
}

// token is one for ann, with changes of its claims; those that are nil are left out.
func (s signer) token(t *testing.T, changes jwt.MapClaims) string {
	t.Helper()
	claims := jwt.MapClaims{"sub": "ann", "iss": at, "aud": "console", "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	token := jwt.NewWithClaims(s.method, claims)
	if token.Header["kid"] = s.id; s.id == "" {
		delete(token.Header, "kid")
	}
	text, err := token.SignedString(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newProvider(t *testing.T, client *http.Client, opts ...bearer.Option) *bearer.Provider {
	t.Helper()
	p, err := bearer.NewProvider(at, "console", append([]bearer.Option{bearer.Client(client)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// status is what a request with a token is answered, as "ann" or "401 the token is not valid".
func status(t *testing.T, p httpapi.Authenticator, token string) string {
	t.Helper()
	who, err := ask(t, p, "Bearer "+token)
	if problem, is := errors.AsType[*httpapi.Problem](err); is {
		return strings.Join([]string{http.StatusText(problem.Status), problem.Detail, problem.Header.Get("Retry-After")}, ": ")
	}
	if err != nil {
		return err.Error()
	}
	return string(who.Principal)
}
