package partitions

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/millrace/millrace/request"
)

// TestPeerSignature changes each thing that a signed request says, and looks who believes it.
func TestPeerSignature(t *testing.T) {
	t.Parallel()
	secret := bytes.Repeat([]byte("s"), 32)
	one, two := &config{name: "g", node: "one", secrets: [][]byte{secret}}, &config{name: "g", node: "two", secrets: [][]byte{secret}}
	names := request.HTTP()
	plain := request.Info{Tenant: "acme", Principal: "ann", ID: "r1", Locale: "de"}
	whole := plain
	whole.Roles, whole.Session = "admin,clerk", "s1"
	until := time.Now().Add(time.Minute).UTC()
	for _, info := range []request.Info{plain, whole} {
		sign := func() *http.Request {
			ctx, cancel := context.WithDeadline(request.With(t.Context(), info), until)
			defer cancel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/orders/1?x", nil)
			for _, claim := range []string{names.Roles, names.Session, names.Tenant, names.Principal} { // by who sent it to node one
				r.Header.Set(claim, "forged")
			}
			one.seal(ctx, r, "two")
			return r
		}
		ctx, deadline, err := two.unseal(sign())
		if err != nil || request.From(ctx) != info || !deadline.Equal(until) {
			t.Errorf("%+v until %s: %v", request.From(ctx), deadline, err)
		}
		for _, name := range []string{names.Tenant, names.Principal, names.Roles, names.Session, names.ID, names.Locale, names.Deadline} {
			for _, value := range []string{"", "x"} {
				r := sign()
				if r.Header.Get(name) == value {
					continue
				}
				r.Header.Set(name, value)
				if _, _, err := two.unseal(r); err == nil {
					t.Errorf("%s as %q of %+v is believed", name, value, info)
				}
			}
		}
		for what, change := range map[string]func(*http.Request){
			"path": func(r *http.Request) { r.URL.Path = "/orders/2" }, "query": func(r *http.Request) { r.URL.RawQuery = "y" },
			"method": func(r *http.Request) { r.Method = http.MethodGet },
			"version": func(r *http.Request) {
				old := r.Header.Get(headerPeer)
				r.Header.Set(headerPeer, map[byte]string{'1': "2", '2': "1"}[old[0]]+old[1:])
				if old[0] == '2' {
					r.Header.Del(names.Roles)
					r.Header.Del(names.Session)
				}
			},
		} {
			r := sign()
			change(r)
			if _, _, err := two.unseal(r); err == nil {
				t.Errorf("another %s of %+v is believed", what, info)
			}
		}
	}
}
