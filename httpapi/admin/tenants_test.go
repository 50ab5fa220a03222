package admin_test

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi/admin"
)

// TestAllTenants looks with credentials of no tenant, with and without the role for that.
func TestAllTenants(t *testing.T) {
	t.Parallel()
	own := admin.AllTenants("support", "operator")
	for i, test := range []struct {
		opts  []admin.Option
		badge string
		want  string // ids, or the status
	}{
		{nil, "ann..viewer", "403"},
		{nil, "ann..operator", "403"},
		{nil, "ann..all-tenants", "403"}, // it is no role to look
		{nil, "ann..viewer.all-tenants", "a b c"},
		{nil, "ann.acme.viewer", "a"},
		{nil, "ann.acme.viewer.all-tenants", "a"},
		{nil, "ann.gamma.viewer", ""},
		{[]admin.Option{admin.Readers()}, "ann..clerk", "403"},
		{[]admin.Option{own}, "ann..viewer", "403"},
		{[]admin.Option{own}, "ann..viewer.all-tenants", "403"},
		{[]admin.Option{own}, "ann..viewer.support", "a b c"},
		{[]admin.Option{own}, "ann..operator", "a b c"},
	} {
		h := &house{lamps: []lamp{{id: "a", tenant: "acme"}, {id: "b", tenant: "beta"}, {id: "c"}}}
		c := open(t, &paper{}, append(test.opts, admin.Actors("operator"), sections(t, h.spec()))...)
		got := ask(t, c, test.badge, "GET", "/api/lamps", "")
		if refused := test.want == "403"; refused != (got.status == 403) || !refused && got.ids() != test.want {
			t.Errorf("%d: %q: %d %s, want %s", i, test.badge, got.status, got.body, test.want)
		}
		for _, path := range []string{"GET /api/sections", "GET /api/live", "GET /api/lamps/b", "POST /api/lamps/b/light"} {
			method, path, _ := strings.Cut(path, " ")
			if test.want != "403" {
				break
			}
			if got := ask(t, c, test.badge, method, path, `{"reason":"x"}`); got.status != 403 || h.log.Len() > 0 {
				t.Errorf("%d: %s %s of %q: %d %s", i, method, path, test.badge, got.status, got.body)
			}
		}
	}
}
