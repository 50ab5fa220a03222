package seal_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/seal"
)

func secretKey() seal.SigningKey {
	return seal.HMACKey("acme-1", bytes.Repeat([]byte{1}, 32), seal.Owner{Tenant: "acme", Principal: "billing"})
}

func pair() (private, public seal.SigningKey) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	owner := seal.Owner{Tenant: "other"}
	return seal.Ed25519Key("other-1", key, owner), seal.Ed25519Public("other-1", key.Public().(ed25519.PublicKey), owner)
}

func guard(t testing.TB, nonces seal.Nonces, opts ...seal.GuardOption) *seal.ReplayGuard {
	t.Helper()
	if nonces == nil {
		kept, err := seal.NewMemoryNonces(1000)
		if err != nil {
			t.Fatal(err)
		}
		nonces = kept
	}
	_, public := pair()
	g, err := seal.NewReplayGuard(seal.KeySet(secretKey(), public), nonces, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func signedBy(t testing.TB, key seal.SigningKey, body string) *http.Request {
	t.Helper()
	s, err := seal.NewSigner(key, nil, "X-Amount")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://api.example/pay?to=bob", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Amount", "5")
	if r, err = s.Sign(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// copied is the request with the body again.
func copied(r *http.Request) *http.Request {
	again := r.Clone(r.Context())
	again.Body, _ = r.GetBody()
	return again
}

func TestSignedRequestsPass(t *testing.T) {
	t.Parallel()
	g := guard(t, nil)
	var seen atomic.Value
	guarded := g.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		info := request.From(r.Context())
		seen.Store(string(info.Tenant) + " " + string(info.Principal) + string(info.Roles) + info.Session + " " + string(body))
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(w, r.WithContext(request.With(r.Context(), request.Info{Tenant: "x", Roles: "admin", Session: "s"})))
	}))
	inner := &http.Transport{}
	defer func() { inner.CloseIdleConnections(); server.Close() }()
	private, _ := pair()
	for want, key := range map[string]seal.SigningKey{"acme billing pay": secretKey(), "other  pay": private} {
		s, err := seal.NewSigner(key, inner)
		if err != nil {
			t.Fatal(err)
		}
		for _, url := range []string{server.URL, server.URL + "/a%2Fb/ü?q=%20x&y"} {
			answer, err := (&http.Client{Transport: s}).Post(url, "text/plain", strings.NewReader("pay"))
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK || seen.Load() != want {
				t.Errorf("%s: status %d, %q", url, answer.StatusCode, seen.Load())
			}
		}
		answer, err := (&http.Client{Transport: s}).Get(server.URL)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("without a body: %v, %v", answer, err)
		}
		answer.Body.Close()
	}
}

func TestChangedRequestsAreRefused(t *testing.T) {
	t.Parallel()
	nonces, _ := seal.NewMemoryNonces(1)
	g := guard(t, nonces)
	good := signedBy(t, secretKey(), "pay")
	input := good.Header.Get("Signature-Input")
	for name, change := range map[string]func(r *http.Request){
		"method": func(r *http.Request) { r.Method = http.MethodPut }, "host": func(r *http.Request) { r.Host = "evil.example" },
		"path": func(r *http.Request) { r.URL.Path = "/refund" }, "query": func(r *http.Request) { r.URL.RawQuery = "to=eve" },
		"body":    func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("paY")) },
		"no body": func(r *http.Request) { r.Body = nil },
		"type":    func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"field":   func(r *http.Request) { r.Header.Set("X-Amount", "500") },
		"more":    func(r *http.Request) { r.Header.Add("X-Amount", "500") },
		"key":     func(r *http.Request) { r.Header.Set("Signature-Input", strings.Replace(input, "acme-1", "other-1", 1)) },
		"no key":  func(r *http.Request) { r.Header.Set("Signature-Input", strings.Replace(input, "acme-1", "nobody", 1)) },
		"algorithm": func(r *http.Request) {
			r.Header.Set("Signature-Input", strings.Replace(input, "hmac-sha256", "ed25519", 1))
		},
		"uncovered":  func(r *http.Request) { r.Header.Set("Signature-Input", strings.Replace(input, `"@path" `, "", 1)) },
		"digest":     func(r *http.Request) { r.Header.Del("Content-Digest") },
		"idempotent": func(r *http.Request) { r.Header.Set("Idempotency-Key", "k") },
		"unsigned":   func(r *http.Request) { r.Header.Del("Signature") },
		"twice": func(r *http.Request) {
			r.Header.Add("Signature-Input", strings.Replace(input, "millrace=", "again=", 1))
			r.Header.Add("Signature", strings.Replace(r.Header.Get("Signature"), "millrace=", "again=", 1))
		},
	} {
		r := copied(good)
		change(r)
		if _, err := g.Verify(r); !errors.Is(err, seal.ErrUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if owner, err := g.Verify(copied(good)); err != nil || owner.Tenant != "acme" { // there is room for one nonce, and it must be free yet
		t.Errorf("what was refused used up the nonce of the true one: %v", err)
	}
	large := signedBy(t, secretKey(), strings.Repeat("x", 100))
	if _, err := guard(t, nil, seal.MaxBody(99)).Verify(large); !errors.Is(err, seal.ErrBody) {
		t.Errorf("large: %v", err)
	}
}

func TestReplaysAreRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := guard(t, nil, seal.Window(time.Minute, 10*time.Second))
		r := signedBy(t, secretKey(), "pay")
		var passed atomic.Int64
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := g.Verify(copied(r)); err == nil {
					passed.Add(1)
				} else if !errors.Is(err, seal.ErrReplayed) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if passed.Load() != 1 {
			t.Fatalf("of 50 at once %d passed", passed.Load())
		}
		for range 300 { // until long after the window, each second
			if _, err := g.Verify(copied(r)); !errors.Is(err, seal.ErrReplayed) && !errors.Is(err, seal.ErrStale) {
				t.Fatalf("a replay: %v", err)
			}
			<-time.After(time.Second)
		}
		old := signedBy(t, secretKey(), "pay")
		<-time.After(62 * time.Second)
		if _, err := g.Verify(old); !errors.Is(err, seal.ErrStale) {
			t.Errorf("an old one: %v", err)
		}
	})
}

type brokenNonces struct{}

func (brokenNonces) Reserve(context.Context, string, time.Duration) (bool, error) {
	return false, errors.New("no answer")
}

func TestGuardFailsClosed(t *testing.T) {
	t.Parallel()
	g := guard(t, brokenNonces{})
	w := httptest.NewRecorder()
	g.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") })).ServeHTTP(w, signedBy(t, secretKey(), "pay"))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	full, _ := seal.NewMemoryNonces(1)
	if fresh, err := full.Reserve(t.Context(), "a", time.Hour); !fresh || err != nil {
		t.Fatal(err)
	}
	if _, err := guard(t, full).Verify(signedBy(t, secretKey(), "pay")); !errors.Is(err, seal.ErrUndecided) || !errors.Is(err, seal.ErrNoncesFull) {
		t.Errorf("full: %v", err)
	}
	for name, key := range map[string]seal.SigningKey{
		"short": seal.HMACKey("k", make([]byte, 31), seal.Owner{}), "no id": seal.HMACKey("", make([]byte, 32), seal.Owner{}),
		"line break": seal.HMACKey("a\nb", make([]byte, 32), seal.Owner{}), "tenant": seal.HMACKey("k", make([]byte, 32), seal.Owner{Tenant: "a b"}),
		"private": seal.Ed25519Key("k", nil, seal.Owner{}), "public": seal.Ed25519Public("k", nil, seal.Owner{}),
	} {
		if _, err := seal.NewSigner(key, nil); err == nil || key.Err() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, public := pair(); public.Err() != nil {
		t.Error(public.Err())
	}
}
