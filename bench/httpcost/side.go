package httpcost

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/golang-jwt/jwt/v5"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"golang.org/x/text/language"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/bearer"
	"github.com/millrace/millrace/push/tokens"
	"github.com/millrace/millrace/request"
)

// side serves requests.
type side struct {
	name  string
	serve http.Handler
	ask   func() *http.Request
}

// plain is what asks for an order.
func plain() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/orders/42", nil) //nolint:noctx // a bench
	r.Header = http.Header{
		"Accept": {"application/json"}, "Accept-Language": {"de-CH, en;q=0.8"}, "Name": {"ann"}, "User-Agent": {"bench"},
		"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
	}
	return r
}

// named are credentials that cost nothing: the name of who asks.
type named struct{}

func (named) Authenticate(r *http.Request) (httpapi.Identity, error) {
	return httpapi.Identity{Principal: request.Principal(r.Header.Get("Name")), Tenant: "acme"}, nil
}

// token are credentials that a service has.
func token() (httpapi.Authenticator, string, error) {
	secret := []byte(strings.Repeat("s", 32)) //nolint:mnd // as long as it must be
	verifier, err := tokens.New([]tokens.Key{tokens.Secret("", secret)}, tokens.Audience("shop"))
	if err != nil {
		return nil, "", err
	}
	a, err := bearer.New[bearer.Standard](verifier)
	if err != nil {
		return nil, "", err
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "ann", "tenant": "acme", "roles": []string{"clerk", "admin"}, "sid": "s1", "aud": "shop", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString(secret)
	return a, text, err //nolint:wrapcheck // a bench
}

// steps are all that need no Redis.
func steps(auth httpapi.Authenticator, tp trace.TracerProvider, mp metric.MeterProvider) (s httpapi.Steps, err error) {
	if s.Errors, err = httpapi.NewErrors(slog.New(slog.DiscardHandler)); err != nil {
		return s, err
	}
	origins, err := httpapi.ParseOrigins("https://app.example.com")
	if err != nil {
		return s, err
	}
	if s.Trace, err = httpapi.Trace(tp, mp, nil); err != nil {
		return s, err
	}
	s.CORS, s.CrossOrigin = httpapi.CORS(origins, nil, nil), httpapi.CrossOrigin(origins)
	if s.Identify, err = httpapi.Identify(s.Errors, auth, httpapi.TenantRequired()); err != nil {
		return s, err
	}
	s.Place = httpapi.Place(func(*http.Request) (request.Shard, bool) {
		return request.Shard{Group: "shop", ID: 1, Node: "one"}, true
	})
	s.Locale, err = httpapi.Locale(language.English, language.German)
	return s, err
}

func quiet() (trace.TracerProvider, metric.MeterProvider) {
	return tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider()
}

// serving is a router with the steps round one route.
func serving(middlewares ...httpapi.Middleware) http.Handler {
	r := chi.NewRouter()
	r.Use(middlewares...)
	answer := func(w http.ResponseWriter, r *http.Request) {
		w.Header()["For"] = []string{string(request.From(r.Context()).Principal)}
		w.WriteHeader(http.StatusNoContent)
	}
	r.Get("/orders/{id}", answer)
	r.Post("/orders/{id}", answer)
	return r
}

// withoutRedis are chi alone, the chain, and the chain with tokens.
func withoutRedis() ([]side, error) {
	auth, text, err := token()
	if err != nil {
		return nil, err
	}
	sides := []side{{"chi", serving(), plain}}
	for _, by := range []struct {
		name string
		who  httpapi.Authenticator
	}{{"millrace", named{}}, {"with a token", auth}} {
		tp, mp := quiet()
		s, err := steps(by.who, tp, mp)
		if err != nil {
			return nil, err
		}
		chain, err := httpapi.Chain(s)
		if err != nil {
			return nil, err
		}
		sides = append(sides, side{by.name, serving(chain...), func() *http.Request {
			r := plain()
			r.Header["Authorization"] = []string{"Bearer " + text}
			return r
		}})
	}
	return sides, nil
}
