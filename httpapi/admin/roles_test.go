package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/request"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	const lights = "POST /api/lamps/a/light"
	for i, test := range []struct {
		opts  []admin.Option
		badge string
		what  string
		want  int
	}{
		{nil, "", "GET /api/sections", 401},
		{nil, "", "GET /api/lamps", 401},
		{nil, "", "GET /api/lamps/a", 401},
		{nil, "", "GET /api/live", 401},
		{nil, "", lights, 401},
		{nil, "forged", "GET /api/lamps", 401},
		{nil, "ann.", "GET /api/lamps", 403},
		{nil, "ann..clerk.all-tenants", "GET /api/sections", 403},
		{nil, "ann..clerk.all-tenants", "GET /api/lamps/a", 403},
		{nil, "ann..clerk.all-tenants", "GET /api/live", 403},
		{nil, "ann..viewer.all-tenants", "GET /api/lamps", 200},
		{nil, "ann..operator.all-tenants", "GET /api/lamps/a", 200},
		{nil, "ann..operator.all-tenants", lights, 403}, // nobody may do anything
		{[]admin.Option{admin.Actors("operator")}, "ann..viewer.all-tenants", lights, 403},
		{[]admin.Option{admin.Actors("operator")}, "ann..clerk.all-tenants", lights, 403},
		{[]admin.Option{admin.Actors("clerk"), admin.Readers("clerk")}, "ann..clerk.all-tenants", lights, 403}, // the action asks for another role
		{[]admin.Option{admin.Actors("operator")}, "ann..operator.all-tenants", lights, 200},
		{[]admin.Option{admin.Actors("operator"), admin.Readers("clerk")}, "ann..operator.all-tenants", lights, 403}, // who may not look may do nothing
		{[]admin.Option{admin.Readers("clerk")}, "ann..viewer.all-tenants", "GET /api/lamps", 403},
		{[]admin.Option{admin.Readers("clerk")}, "ann..clerk.all-tenants", "GET /api/lamps", 200},
		{[]admin.Option{admin.Readers()}, "ann..all-tenants", "GET /api/lamps", 200},
		{nil, "ann..viewer.all-tenants", "GET /api/chairs", 404},
		{nil, "ann..viewer.all-tenants", "GET /api/lamps/z", 404},
		{nil, "ann..viewer.all-tenants", "DELETE /api/lamps/a", 405},
		{[]admin.Option{admin.Actors("operator")}, "ann..operator.all-tenants", "POST /api/lamps/a/break", 404},
		{[]admin.Option{admin.Actors("operator")}, "ann..operator.all-tenants", "POST /api/lamps/z/light", 404},
		{[]admin.Option{admin.Actors("operator")}, "ann..operator.all-tenants", "POST /api/lamps/lit/light", 409},
	} {
		h := &house{lamps: []lamp{{id: "a"}, {id: "lit", lit: true}}}
		c := open(t, &paper{}, append(test.opts, sections(t, h.spec()))...)
		method, path, _ := strings.Cut(test.what, " ")
		if got := ask(t, c, test.badge, method, path, `{"reason":"dark"}`); got.status != test.want {
			t.Errorf("%d: %s of %q: %d %s, want %d", i, test.what, test.badge, got.status, got.body, test.want)
		} else if got.status == http.StatusUnauthorized && got.header.Get("WWW-Authenticate") == "" && test.badge == "" {
			t.Errorf("%d: %v", i, got.header)
		}
		if done := strings.Contains(h.log.String(), "a by ann"); done != (test.want == 200 && method == "POST") {
			t.Errorf("%d: done: %v", i, done)
		}
	}
}

// TestTenants looks as a viewer of a tenant, beside whose rows there are another's of the same words.
func TestTenants(t *testing.T) {
	t.Parallel()
	h := &house{lamps: []lamp{{id: "a1", tenant: "acme"}, {id: "b1", tenant: "beta", watts: 7}, {id: "c1", lit: true}}}
	common := h.spec()
	common.Name, common.Tenant = "common", nil
	log := &paper{}
	c := open(t, log, admin.Actors("operator"), sections(t, h.spec()), sections(t, common))
	const acme = "ann.acme.operator"
	for _, path := range []string{
		"/api/lamps", "/api/lamps?search=1", "/api/lamps?f.tenant=beta", "/api/lamps?f.state=lit", "/api/lamps?sort=-watts",
		"/api/sections", "/api/lamps/a1",
	} {
		got := ask(t, c, acme, "GET", path, "")
		if got.status != 200 || strings.Contains(got.body, "b1") || strings.Contains(got.body, "beta") ||
			strings.Contains(got.body, "lit\"") || strings.Contains(got.body, "common") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := ask(t, c, acme, "GET", "/api/lamps", ""); got.ids() != "a1" || got.Total != 1 || !strings.Contains(got.body, `"value":1}]`) {
		t.Errorf("%+v", got)
	}
	if got := ask(t, c, acme, "GET", "/api/lamps/a1", ""); !strings.Contains(got.body, "a1 of acme") {
		t.Error(got.body)
	}
	for path, want := range map[string]int{
		"/api/lamps/b1": 404, "/api/lamps/c1": 404, "/api/common": 403, "/api/common/a1": 403,
		"/api/live?section=common": 403,
	} {
		if got := ask(t, c, acme, "GET", path, ""); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	for path, want := range map[string]int{"/api/lamps/b1/light": 404, "/api/common/b1/light": 403, "/api/lamps/a1/light": 200} {
		if got := ask(t, c, acme, "POST", path, `{"reason":"dark"}`); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if h.log.String() != "a1 by ann for acme: dark\n" {
		t.Error(h.log.String())
	}
	if got := ask(t, c, "ann..operator.all-tenants", "GET", "/api/lamps/b1", ""); !strings.Contains(got.body, "b1 of beta") ||
		strings.Contains(got.body, `"can":[]`) {
		t.Error(got.body)
	}
	for _, e := range log.entries {
		if e.Owner != "" && e.Owner != request.Tenant("acme") {
			t.Errorf("%+v", e)
		}
	}
}
