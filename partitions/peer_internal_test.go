package partitions

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
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

// TestPeerUpgrade signs requests for a node of the first version, which looks at five headers.
func TestPeerUpgrade(t *testing.T) {
	t.Parallel()
	secret := bytes.Repeat([]byte("s"), 32)
	one := &config{name: "g", node: "one", secrets: [][]byte{secret}}
	first := func(r *http.Request) bool { // as the first version has it
		fields := strings.Fields(r.Header.Get(headerPeer))
		if len(fields) != 5 || fields[0] != "1" {
			return false
		}
		h := hmac.New(sha256.New, secret)
		parts := append([]string{"g", r.Method, r.URL.RequestURI()}, fields[:4]...)
		for _, name := range []string{"Millrace-Tenant", "Millrace-Principal", "X-Request-Id", "Millrace-Locale", "Millrace-Deadline"} {
			parts = append(parts, r.Header.Get(name))
		}
		for _, part := range parts {
			_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
		}
		return fields[4] == hex.EncodeToString(h.Sum(nil))
	}
	for _, test := range []struct {
		info request.Info
		want bool
	}{
		{request.Info{}, true},
		{request.Info{Tenant: "acme", Principal: "ann", ID: "r1", Locale: "de"}, true},
		{request.Info{Tenant: "acme", Principal: "ann", Roles: "clerk"}, false},
		{request.Info{Tenant: "acme", Principal: "ann", Session: "s1"}, false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/orders/1?x", nil)
		one.seal(request.With(t.Context(), test.info), r, "two")
		if got := first(r); got != test.want {
			t.Errorf("%+v: the first version takes it: %t, want %t", test.info, got, test.want)
		}
	}
}
