package admin_test

import (
	"errors"
	"fmt"
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
		``, `{}`, `{"token":""}`, `{"token":"nobody"}`, `{"token":"a b"}`, `{"token":"a;b"}`, `{"token":"a\u0000.b"}`,
		`{"token":"` + strings.Repeat("a.", 8000) + `"}`,
	} {
		if got := ask(t, c, "", "POST", "/api/session", body); got.status != 401 && got.status != 400 || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%.40s: %d %v", body, got.status, got.header)
		}
	}
	got := ask(t, c, "", "POST", "/api/session", `{"token":" ann..viewer.all-tenants\n"}`)
	set := got.header.Get("Set-Cookie")
	if got.status != 204 || set != "millrace_console=ann..viewer.all-tenants; HttpOnly; Secure; SameSite=Strict" {
		t.Errorf("%d %q", got.status, set)
	}
	if got := ask(t, c, "", "POST", "http://localhost:8080/api/session",
		`{"token":"ann..viewer.all-tenants"}`); strings.Contains(got.header.Get("Set-Cookie"), "; Secure") {
		t.Error(got.header)
	}
	if got := ask(t, c, "", "POST", "/api/session", `{"token":"ann..viewer.`+strings.Repeat("x", 4100)+`"}`); got.status != 400 ||
		got.header.Get("Set-Cookie") != "" ||
		!strings.Contains(got.Detail, "longer than a browser keeps") {
		t.Errorf("%d %s %v", got.status, got.Detail, got.header)
	}
	cookie, _, _ := strings.Cut(set, ";")
	if got := ask(t, c, "", "GET", "/api/sections", "", "Cookie", cookie); got.status != 200 || !strings.Contains(got.body, `"session":true`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, c, "", "GET", "/api/sections", "", "Cookie", "millrace_console=forged"); got.status != 401 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := ask(t, c, "bob..clerk.all-tenants", "GET", "/api/lamps", "", "Cookie", cookie); got.status != 403 {
		t.Errorf("the header is who asks: %d", got.status)
	}
	if got := ask(t, c, "", "DELETE", "/api/session", ""); got.status != 204 || !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("%d %v", got.status, got.header)
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
			got := ask(t, c, "ann..viewer.all-tenants", "GET", path, "")
			if got.status != 503 || strings.Contains(got.body, "secret") || !strings.HasPrefix(cause.Error(), "panic") &&
				got.Detail != cause.Error() {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
			if got := ask(t, c, "bob.acme.viewer", "GET", path, ""); got.status != 503 || strings.Contains(got.body, "Kafka") {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
		if got := ask(t, c, "ann..viewer.all-tenants", "GET", "/api/others", ""); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	h := &house{lamps: []lamp{{id: "a", tenant: "acme"}, {id: "a", tenant: "acme"}}}
	if got := ask(t, open(t, &paper{}, sections(t, h.spec())), "ann..viewer.all-tenants", "GET", "/api/lamps",
		""); !strings.Contains(got.body, `"warning":"two rows have the id`) {
		t.Error(got.body)
	}
	h = &house{lamps: []lamp{{id: "a", tenant: "acme"}}, err: errors.New("half of it does not answer")}
	c := open(t, &paper{}, sections(t, h.spec()))
	if got := ask(t, c, "ann..viewer.all-tenants", "GET", "/api/lamps", ""); got.status != 200 || got.ids() != "a" ||
		!strings.Contains(got.body, "half of it does not answer") {
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
		nil,
		{admin.Sections(section, section)},
		{admin.Sections(admin.Section{})},
		{admin.Sections(section), admin.Streams(0)},
		{admin.Sections(section), admin.Attempts(0)},
		{admin.Sections(section), admin.Title("")},
	} {
		if _, err := admin.New(errs, badges{}, &paper{}, opts...); err == nil {
			t.Errorf("%d: no error", i)
		}
	}
}
