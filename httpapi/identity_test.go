package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// badges are credentials as tests have them: "principal tenant role…" in a header.
type badges struct{}

var errDown = errors.New("the directory of principals does not answer")

func (badges) Authenticate(r *http.Request) (httpapi.Identity, error) {
	badge := r.Header.Get("Badge")
	if badge == "" {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	if badge == "down" {
		return httpapi.Identity{}, errDown
	}
	words := strings.Split(badge, " ")
	return httpapi.Identity{Principal: request.Principal(words[0]), Tenant: request.Tenant(words[1]), Roles: words[2:]}, nil
}

func whoAsks(w http.ResponseWriter, r *http.Request) {
	info := request.From(r.Context())
	_, _ = fmt.Fprintf(w, "%s of %s", info.Principal, info.Tenant)
}

func TestIdentify(t *testing.T) {
	t.Parallel()
	e, said := newErrors(t)
	sources := httpapi.Tenants(httpapi.TenantHost("example.com"), httpapi.TenantHeader("X-Tenant"))
	members := httpapi.Members(func(_ context.Context, who httpapi.Identity, tenant request.Tenant) (bool, error) {
		if tenant == "lost" {
			return false, errDown
		}
		return who.Principal == "ann" && tenant == "acme", nil
	})
	strict, lax := []httpapi.IdentityOption{sources, httpapi.TenantRequired()}, []httpapi.IdentityOption{sources, httpapi.Anonymous(), members}
	for i, test := range []struct {
		opts         []httpapi.IdentityOption
		host, tenant string
		badge        string
		want         string // or a status
	}{
		{strict, "x", "", "ann acme", "ann of acme"},
		{strict, "acme.example.com:8080", "acme", "ann acme", "ann of acme"},
		{strict, "x", "", "", "401"},
		{strict, "x", "", "ann ", "400"},          // a tenant is missing
		{strict, "x", "other", "ann acme", "403"}, // forged
		{strict, "other.example.com", "", "ann acme", "403"},
		{strict, "x", "acme", "ann ", "403"}, // nobody says that she belongs to it
		{strict, "x", "../etc", "ann acme", "400"},
		{strict, "a.b.example.com", "", "ann acme", "400"},
		{strict, "x", "", "ann ../etc", "403"},
		{strict, "x", "", " acme", "401"},
		{strict, "x", "", "down", "500"},
		{lax, "x", "", "", " of "},
		{lax, "ACME.Example.com.", "", "", " of acme"},
		{lax, "acme.example.com", "other", "", "400"},
		{lax, "x", "acme", "ann ", "ann of acme"},
		{lax, "x", "other", "ann ", "403"},
		{lax, "x", "acme", "bob ", "403"},
		{lax, "x", "lost", "ann ", "500"},
		{lax, "x", "", "ann ", "ann of "},
	} {
		identify, err := httpapi.Identify(e, badges{}, test.opts...)
		if err != nil {
			t.Fatal(err)
		}
		headers := []string{"Badge", test.badge}
		if test.tenant != "" {
			headers = append(headers, "X-Tenant", test.tenant)
		}
		got := ask(t, identify(http.HandlerFunc(whoAsks)), "GET", "http://"+test.host+"/", "", headers...)
		if got.status == 200 && got.body != test.want || got.status != 200 && fmt.Sprint(got.status) != test.want || got.status != 200 &&
			got.problem.Status == 0 {
			t.Errorf("%d: %d %s, want %s", i, got.status, got.body, test.want)
		}
		if challenged := got.header.Get("WWW-Authenticate") != ""; challenged != (got.status == 401) {
			t.Errorf("%d: %d with %v", i, got.status, got.header)
		}
	}
	if !strings.Contains(said.String(), errDown.Error()) {
		t.Errorf("log: %s", said)
	}
	if _, err := httpapi.Identify(e, nil); err == nil {
		t.Error("no authenticator is no error")
	}
}

func TestRequireRole(t *testing.T) {
	t.Parallel()
	e, said := newErrors(t)
	identify, err := httpapi.Identify(e, badges{}, httpapi.Anonymous())
	if err != nil {
		t.Fatal(err)
	}
	h := identify(httpapi.RequireRole("admin", "clerk")(http.HandlerFunc(whoAsks)))
	many := ""
	for i := range 20 {
		many += fmt.Sprintf(" the-role-number-%d-of-a-group-with-a-name-that-is-long-for-a-role", i)
	}
	for i, roles := range []string{"a,b", strings.Repeat("a", 129), "ü", many} {
		got := ask(t, h, "GET", "/", "", "Badge", "ann acme admin"+strings.Replace(" "+roles, "  ", " ", 1))
		if got.status != 403 || !strings.Contains(got.problem.Detail, "1024 bytes in all") ||
			strings.Count(said.String(), "1024 bytes in all") != i+1 {
			t.Errorf("%q: %+v\n%s", roles, got, said)
		}
	}
	for badge, want := range map[string]int{"": 401, "ann acme": 403, "ann acme guest": 403, "ann acme guest clerk": 200, "ann acme admin": 200} {
		if got := ask(t, h, "GET", "/", "", "Badge", badge); got.status != want {
			t.Errorf("%q: %d, want %d", badge, got.status, want)
		}
	}
}
