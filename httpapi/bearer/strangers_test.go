package bearer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/httpapi/bearer"
)

// TestStrangeProviders asks what does not answer as it should: nobody waits long or is let in.
func TestStrangeProviders(t *testing.T) {
	t.Parallel()
	own := newSigner(t, "1")
	large := fmt.Sprintf(`{"keys":[{"kid":"%s"}]}`, strings.Repeat("x", 600<<10))
	said := func(text string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write([]byte(text)); return true }
	}
	keysOnly := func(then func(w http.ResponseWriter, r *http.Request) bool) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool { return r.URL.Path == "/keys" && then(w, r) }
	}
	many, _ := json.Marshal(map[string]any{"keys": slices.Repeat([]map[string]any{own.jwk()}, 101)})
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request) bool
		log    string
	}{
		"hangs":           {func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }, "deadline exceeded"},
		"hangs with keys": {keysOnly(func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }), "deadline exceeded"},
		"never ends": {func(w http.ResponseWriter, r *http.Request) bool {
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				select {
				case <-time.After(time.Second):
				case <-r.Context().Done():
				}
			}
			return true
		}, "deadline exceeded"},
		"is huge":       {said(large), "more than"},
		"has huge keys": {keysOnly(said(large)), "more than"},
		"has many keys": {keysOnly(said(string(many))), "of 100 at most"},
		"has no keys":   {keysOnly(said(`{"keys":[]}`)), "no key that signs"},
		"has other keys": {keysOnly(said(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"","y":""},` +
			`{"kty":"lattice"}]}`)), "no key that signs"},
		"is no JSON":         {said("<html>confidential"), "JSON"},
		"is another":         {said(`{"issuer":"https://other.example","jwks_uri":"http://localhost/keys"}`), "other.example"},
		"has keys elsewhere": {said(`{"issuer":"http://localhost","jwks_uri":"http://other.example/keys"}`), "must be https"},
		"says not where":     {said(`{"issuer":"http://localhost"}`), "jwks_uri"},
		"sends elsewhere": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://localhost/elsewhere/.well-known/openid-configuration", http.StatusFound)
			return true
		}, "302 Found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := &login{}
				client, end := serve(t, l)
				defer end()
				l.set(test.answer, own.jwk())
				var log bytes.Buffer
				p := newProvider(t, client, bearer.Logger(slog.New(slog.NewTextHandler(&log, nil))))
				began := time.Now()
				if got := status(t, p, own.long(t)); !strings.HasPrefix(got, nobody) || time.Since(began) > 5*time.Second {
					t.Errorf("after %s: %s", time.Since(began), got)
				}
				if !strings.Contains(log.String(), test.log) || strings.Contains(log.String(), "confidential") ||
					l.count("/elsewhere/.well-known/openid-configuration") > 0 {
					t.Error(log.String())
				}
			})
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestDowngrade lets an issuer that has https name keys that have not: nobody asks for them, although they are of this machine.
func TestDowngrade(t *testing.T) {
	t.Parallel()
	asked := 0
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		asked++
		described := `{"issuer":"https://login.example","jwks_uri":"http://localhost/keys"}`
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(described))}, nil
	})}
	var log bytes.Buffer
	p, err := bearer.NewProvider("https://login.example", "console", bearer.Client(client), bearer.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if got := status(t, p, newSigner(t, "1").long(t)); !strings.HasPrefix(got, nobody) || asked != 1 ||
		!strings.Contains(log.String(), "as the issuer is") {
		t.Errorf("%s after %d requests: %s", got, asked, log.String())
	}
}
