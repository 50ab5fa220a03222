package bearer_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/httpapi/bearer"
)

const (
	unknown = "Unauthorized: the token is not valid: "
	nobody  = "Service Unavailable: the identity provider does not give its keys, so tokens cannot be verified now; try again: "
)

// long is a token that outlives these tests.
func (s signer) long(t *testing.T) string {
	t.Helper()
	return s.token(t, jwt.MapClaims{"exp": time.Now().Add(100 * time.Hour).Unix()})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, next := newSigner(t, "1"), newSigner(t, "2")
		l := &login{}
		client, end := serve(t, l)
		defer end()
		p := newProvider(t, client)
		l.set(nil, first.jwk())
		for i, step := range []struct {
			after       time.Duration
			keys        []map[string]any
			first, next string
		}{
			{0, nil, "ann", unknown},
			{time.Second, []map[string]any{first.jwk(), next.jwk()}, "ann", unknown}, // the provider was asked just now
			{10 * time.Second, nil, "ann", "ann"},                                    // and is asked for what is unknown
			{time.Minute, []map[string]any{next.jwk()}, "ann", "ann"},                // what it has withdrawn is seen when keys are asked for again
			{15 * time.Minute, nil, "ann", "ann"},                                    // by which nobody waits
			{time.Second, nil, unknown, "ann"},
			{time.Minute, []map[string]any{first.jwk(), next.jwk()}, "ann", "ann"},
			{time.Hour, []map[string]any{next.jwk()}, unknown, "ann"}, // but who comes much later
		} {
			<-time.After(step.after)
			if step.keys != nil {
				l.set(nil, step.keys...)
			}
			if got := status(t, p, first.long(t)); got != step.first {
				t.Errorf("%d: the first: %s, want %s", i, got, step.first)
			}
			if got := status(t, p, next.long(t)); got != step.next {
				t.Errorf("%d: the next: %s, want %s", i, got, step.next)
			}
			synctest.Wait()
		}
	})
}

// TestNewKey signs by keys that the provider has just made: after its keys were asked for anew, and while they are.
func TestNewKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, next, last := newSigner(t, "1"), newSigner(t, "2"), newSigner(t, "3")
		l := &login{}
		client, end := serve(t, l)
		defer end()
		p := newProvider(t, client)
		wants := func(s signer, want string, asked int) {
			t.Helper()
			if got := status(t, p, s.long(t)); got != want || l.count("/keys") != asked {
				t.Errorf("key %s: %s, and keys were asked for %d times, want %s and %d", s.id, got, l.count("/keys"), want, asked)
			}
		}
		l.set(nil, first.jwk())
		wants(first, "ann", 1)
		<-time.After(15 * time.Minute)
		status(t, p, first.long(t)) // by which keys are asked for anew
		synctest.Wait()
		l.set(nil, first.jwk(), next.jwk())
		wants(next, "ann", 3)
		wants(last, unknown, 3)
		<-time.After(15 * time.Minute)
		slowly := func(http.ResponseWriter, *http.Request) bool { <-time.After(time.Second); return false }
		l.set(slowly, first.jwk(), next.jwk())
		status(t, p, first.long(t))
		<-time.After(1500 * time.Millisecond) // it has said where its keys are, and which there are, but not been heard yet
		l.set(slowly, first.jwk(), next.jwk(), last.jwk())
		wants(last, "ann", 5)
	})
}

// TestFlood lets very many ask, with keys that there are not.
func TestFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own := newSigner(t, "1")
		l := &login{keys: []map[string]any{own.jwk()}}
		client, end := serve(t, l)
		defer end()
		p := newProvider(t, client)
		token := own.long(t)
		l.set(func(http.ResponseWriter, *http.Request) bool { <-time.After(time.Second); return false }, own.jwk())
		var asking sync.WaitGroup
		for i := range 300 {
			forged := signer{fmt.Sprint("x", i), own.method, own.key}.long(t)
			asking.Go(func() {
				for range 10 {
					if got := status(t, p, forged); got != unknown {
						t.Error(got)
					}
					if got := status(t, p, token); got != "ann" {
						t.Error(got)
					}
					<-time.After(9 * time.Second)
				}
			})
		}
		asking.Wait()
		if got := l.count("/keys"); got < 5 || got > 10 { // 90 seconds, and one to begin with
			t.Errorf("it was asked %d times", got)
		}
	})
}

func TestProviderAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own, other := newSigner(t, "1"), newSigner(t, "2")
		l := &login{}
		client, end := serve(t, l)
		defer end()
		var log bytes.Buffer
		p := newProvider(t, client, bearer.Keep(2*time.Hour), bearer.Logger(slog.New(slog.NewTextHandler(&log, nil))))
		for i, step := range []struct {
			after      time.Duration
			there      bool
			own, other string
		}{
			{0, false, nobody + "10", nobody + "10"},
			{6 * time.Second, true, nobody + "4", nobody + "4"}, // it is not asked again so soon
			{4 * time.Second, true, "ann", unknown},
			{time.Hour, false, "ann", nobody + "10"}, // the other one may be good too
			{59 * time.Minute, false, "ann", nobody + "10"},
			{2 * time.Minute, false, nobody + "10", nobody + "10"},
			{time.Minute, true, "ann", unknown},
		} {
			<-time.After(step.after)
			if l.set(fails, own.jwk()); step.there {
				l.set(nil, own.jwk())
			}
			if got := status(t, p, own.long(t)); got != step.own {
				t.Errorf("%d: %s, want %s", i, got, step.own)
			}
			if got := status(t, p, other.long(t)); got != step.other {
				t.Errorf("%d: of an unknown key: %s, want %s", i, got, step.other)
			}
		}
		synctest.Wait()
		if !strings.Contains(log.String(), "502 Bad Gateway") || strings.Contains(log.String(), "ann") {
			t.Error(log.String())
		}
	})
}

// TestKeySet asks a provider that has no description, whose key has no id, and which has others beside it that are written in ways nobody reads.
func TestKeySet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		own := newSigner(t, "")
		l := &login{keys: []map[string]any{{"kty": "RSA", "kid": 7}, {"kty": "RSA", "key_ops": "verify"}, own.jwk("kid", "")}}
		client, end := serve(t, l)
		defer end()
		p := newProvider(t, client, bearer.KeySet(at+"/keys"))
		if got := status(t, p, own.long(t)); got != "ann" || l.count("/.well-known/openid-configuration") != 0 {
			t.Error(got)
		}
	})
}

func TestProviderOptions(t *testing.T) {
	t.Parallel()
	for i, test := range []struct {
		issuer, audience string
		opts             []bearer.Option
	}{
		{"", "a", nil},
		{"login.example", "a", nil},
		{"http://login.example", "a", nil},
		{"https://ann:secret@login.example", "a", nil},
		{"https://login.example?x=1", "a", nil},
		{"https://login.example#x", "a", nil},
		{"https://login.example", "", nil},
		{"https://login.example", "a", []bearer.Option{bearer.KeySet("http://login.example/keys")}},
		{"https://login.example", "a", []bearer.Option{bearer.RolesClaim("")}},
		{"https://login.example", "a", []bearer.Option{bearer.PrincipalClaim("")}},
		{"https://login.example", "a", []bearer.Option{bearer.Pause(0)}},
		{"https://login.example", "a", []bearer.Option{bearer.Timeout(0)}},
		{"https://login.example", "a", []bearer.Option{bearer.Keep(time.Minute)}},
		{"https://login.example", "a", []bearer.Option{bearer.Logger(nil)}},
	} {
		if _, err := bearer.NewProvider(test.issuer, test.audience, test.opts...); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := bearer.NewProvider("https://login.example/realms/ops/", "a"); err != nil {
		t.Error(err)
	}
}
