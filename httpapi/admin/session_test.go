package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
)

func TestSession(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{{id: "a"}}}
	c := open(t, &paper{}, sections(t, h.spec()))
	for _, body := range []string{
		``, `{}`, `{"token":""}`, `{"token":"nobody"}`, `{"token":"a b"}`, `{"token":"a;b"}`, `{"token":"a\u0000.b"}`, `{"token":"` + strings.Repeat("a.", 8000) + `"}`,
	} {
		if got := ask(t, c, "", "POST", "/api/session", body); got.status != 401 && got.status != 400 || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%.40s: %d %v", body, got.status, got.header)
		}
	}
	got := ask(t, c, "", "POST", "/api/session", `{"token":" ann..viewer\n"}`)
	set := got.header.Get("Set-Cookie")
	if got.status != 204 || set != "millrace_console=ann..viewer; HttpOnly; SameSite=Strict" {
		t.Errorf("%d %q", got.status, set)
	}
	if got := ask(t, c, "", "POST", "/api/session", `{"token":"ann..viewer"}`, "X-Forwarded-Proto", "https"); !strings.Contains(got.header.Get("Set-Cookie"), "; Secure") {
		t.Error(got.header)
	}
	cookie, _, _ := strings.Cut(set, ";")
	if got := ask(t, c, "", "GET", "/api/sections", "", "Cookie", cookie); got.status != 200 || !strings.Contains(got.body, `"session":true`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, c, "", "GET", "/api/sections", "", "Cookie", "millrace_console=forged"); got.status != 401 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, c, "bob..clerk", "GET", "/api/lamps", "", "Cookie", cookie); got.status != 403 {
		t.Errorf("the header is who asks: %d", got.status)
	}
	if got := ask(t, c, "", "DELETE", "/api/session", ""); got.status != 204 || !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%d %v", got.status, got.header)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	auth := admin.Loopback(httpapi.Identity{Principal: "developer", Roles: []string{admin.RoleOperator}})
	for _, test := range []struct {
		from, host, proxied string
		want                bool
	}{
		{"127.0.0.1:999", "127.0.0.1:8080", "", true},
		{"127.8.8.8:999", "localhost:8080", "", true},
		{"[::1]:999", "[::1]:8080", "", true},
		{"[::ffff:127.0.0.1]:999", "shop.localhost", "", true},
		{"[::1]:999", "LOCALHOST", "", true},
		{"127.0.0.1:999", "evil.example:8080", "", false}, // a name that somebody lets lead here
		{"127.0.0.1:999", "localhost.evil.example", "", false},
		{"127.0.0.1:999", "", "", false},
		{"127.0.0.1:999", "localhost", "8.8.8.8", false}, // a proxy on this machine
		{"192.168.1.7:999", "localhost", "", false},
		{"192.168.1.7:999", "192.168.1.2:8080", "", false},
		{"", "localhost", "", false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr, r.Host = test.from, test.host
		if test.proxied != "" {
			r.Header.Set("X-Forwarded-For", test.proxied)
		}
		who, err := auth.Authenticate(r)
		if (err == nil) != test.want || err != nil && !errors.Is(err, httpapi.ErrAnonymous) || test.want && who.Principal != "developer" {
			t.Errorf("%+v: %v %v", test, who, err)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{errors.New("Kafka does not answer"), errors.New("panic: secret")} {
		h, well := &house{err: cause}, &house{lamps: []lamp{{id: "a"}}}
		other := well.spec()
		other.Name = "others"
		c := open(t, &paper{}, admin.Actors("operator"), sections(t, h.spec()), sections(t, other))
		for _, path := range []string{"/api/lamps", "/api/lamps/a"} {
			got := ask(t, c, "ann..viewer", "GET", path, "")
			if got.status != 503 || strings.Contains(got.body, "secret") || !strings.HasPrefix(cause.Error(), "panic") && got.Detail != cause.Error() {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
			if got := ask(t, c, "bob.acme.viewer", "GET", path, ""); got.status != 503 || strings.Contains(got.body, "Kafka") {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
		if got := ask(t, c, "ann..viewer", "GET", "/api/others", ""); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	h := &house{lamps: []lamp{{id: "a", tenant: "acme"}, {id: "a", tenant: "acme"}}}
	if got := ask(t, open(t, &paper{}, sections(t, h.spec())), "ann..viewer", "GET", "/api/lamps", ""); !strings.Contains(got.body, `"warning":"two rows have the id`) {
		t.Error(got.body)
	}
	h = &house{lamps: []lamp{{id: "a", tenant: "acme"}}, err: errors.New("half of it does not answer")}
	c := open(t, &paper{}, sections(t, h.spec()))
	if got := ask(t, c, "ann..viewer", "GET", "/api/lamps", ""); got.status != 200 || got.ids() != "a" || !strings.Contains(got.body, "half of it does not answer") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, c, "bob.acme.viewer", "GET", "/api/lamps", ""); got.ids() != "a" || strings.Contains(got.body, "half") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestSpecs(t *testing.T) {
	t.Parallel()
	h := &house{}
	for i, change := range []func(*admin.Spec[lamp]){
		func(s *admin.Spec[lamp]) { s.Name = "" },
		func(s *admin.Spec[lamp]) { s.Name = "live" },
		func(s *admin.Spec[lamp]) { s.Name = "a/b" },
		func(s *admin.Spec[lamp]) { s.Title = "" },
		func(s *admin.Spec[lamp]) { s.ID = nil },
		func(s *admin.Spec[lamp]) { s.Read = nil },
		func(s *admin.Spec[lamp]) { s.Every = 1 },
		func(s *admin.Spec[lamp]) { s.Columns = nil },
		func(s *admin.Spec[lamp]) { s.Order = "colour" },
		func(s *admin.Spec[lamp]) { s.Columns = append(s.Columns, s.Columns[0]) },
		func(s *admin.Spec[lamp]) { s.Actions = append(s.Actions, s.Actions[0]) },
		func(s *admin.Spec[lamp]) { s.Actions[0].Role = "" },
		func(s *admin.Spec[lamp]) { s.Actions[0].Confirm = "" },
		func(s *admin.Spec[lamp]) { s.Actions[0].Reason = "perhaps" },
		func(s *admin.Spec[lamp]) { s.Actions[0].Do = nil },
	} {
		spec := h.spec()
		change(&spec)
		if _, err := admin.NewSection(spec); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("section %q", spec.Name)) {
			t.Errorf("%d: %v", i, err)
		}
	}
	section, err := admin.NewSection(h.spec())
	if err != nil {
		t.Fatal(err)
	}
	errs, _ := httpapi.NewErrors(nil)
	for i, opts := range [][]admin.Option{
		nil, {admin.Sections(section, section)}, {admin.Sections(admin.Section{})}, {admin.Sections(section), admin.Streams(0)}, {admin.Sections(section), admin.Title("")},
	} {
		if _, err := admin.New(errs, badges{}, &paper{}, opts...); err == nil {
			t.Errorf("%d: no error", i)
		}
	}
}
