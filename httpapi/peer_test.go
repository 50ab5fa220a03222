package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// TestPeer has a peer's request, whose credentials would not do here, and a stranger's with the same headers.
func TestPeer(t *testing.T) {
	t.Parallel()
	e, _ := newErrors(t)
	sent := request.Info{Tenant: "acme", Principal: "ann", Roles: "admin,clerk", Session: "s1", ID: "r1", Locale: "de"}
	chain := must[chi.Middlewares](t)(httpapi.Chain(httpapi.Steps{
		Errors: e, Identify: must[httpapi.Middleware](t)(httpapi.Identify(e, badges{}, httpapi.Anonymous())),
		Peer: func(r *http.Request) (request.Info, bool) { return sent, r.Header.Get("Signed") == "well" },
		Then: []httpapi.Middleware{httpapi.RequireRole("clerk")},
	}))
	var seen request.Info
	h := chain.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = request.From(r.Context()) })
	claims := http.Header{}
	request.HTTP().Inject(request.With(t.Context(), sent), claims)
	headers := []string{"Badge", "down"}
	for name, values := range claims {
		headers = append(headers, name, values[0])
	}
	if got := ask(t, h, "GET", "/", "", append(headers, "Signed", "well")...); got.status != 200 || seen != sent {
		t.Errorf("%+v, seen %+v", got, seen)
	}
	for badge, want := range map[string]int{"down": 500, "": 401, "bob acme": 403, "bob acme clerk": 200} {
		headers[1] = badge
		if got := ask(t, h, "GET", "/", "", append(headers, "Signed", "badly")...); got.status != want {
			t.Errorf("%q: %+v", badge, got)
		}
	}
	if want := (request.Info{Tenant: "acme", Principal: "bob", Roles: "clerk", ID: "r1"}); seen != want {
		t.Errorf("a stranger's claims are believed: %+v", seen)
	}
}
