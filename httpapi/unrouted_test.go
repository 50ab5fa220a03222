package httpapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/millrace/millrace/httpapi"
)

// TestUnroutedKeys sends keys to what nothing serves: the router says so, also where the key was used. Where a step behind rewrites the path, the key
// counts all the same.
func TestUnroutedKeys(t *testing.T) {
	t.Parallel()
	errs, err := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	answers, err := httpapi.NewRedisAnswers(startRedis(t).client(), "unrouted", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	once, err := httpapi.Idempotency(errs, answers)
	if err != nil {
		t.Fatal(err)
	}
	sub, router := chi.NewRouter(), chi.NewRouter()
	sub.Post("/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	router.Use(once, middleware.StripSlashes)
	errs.Unrouted(router)
	router.Mount("/orders", sub)
	orders := 0
	router.Post("/rewritten", func(http.ResponseWriter, *http.Request) { orders++ })
	for range 2 {
		if got := ask(t, router, "POST", "/rewritten/", "", "Idempotency-Key", `"two"`); got.status != 200 || orders != 1 {
			t.Errorf("%d, %d orders", got.status, orders)
		}
	}
	if got := ask(t, router, "POST", "/rewritten/", "another", "Idempotency-Key", `"two"`); got.status < 400 || orders != 1 {
		t.Errorf("another body: %d, %d orders", got.status, orders)
	}
	for range 2 {
		for _, test := range []struct {
			method, path string
			status       int
			replayed     bool
		}{
			{"POST", "/orders/a%2Fb", 201, true}, {"PATCH", "/orders/a%2Fb", 405, false}, {"POST", "/nowhere", 404, false},
		} {
			got := ask(t, router, test.method, test.path, "", "Idempotency-Key", `"one"`)
			if got.status != test.status || !test.replayed && got.header.Get("Idempotency-Replayed") != "" {
				t.Errorf("%s %s: %d %v", test.method, test.path, got.status, got.header)
			}
		}
	}
}

// askedRouter counts how often it is asked what it serves.
type askedRouter struct {
	chi.Router
	asked int
}

func (a *askedRouter) Match(at *chi.Context, method, path string) bool {
	a.asked++
	return a.Router.Match(at, method, path)
}

// TestRoutedKeys counts what is asked of the router for a request with a key: nothing, where something serves it.
func TestRoutedKeys(t *testing.T) {
	t.Parallel()
	errs, _ := newErrors(t)
	answers, err := httpapi.NewRedisAnswers(startRedis(t).client(), "routed", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	once, err := httpapi.Idempotency(errs, answers)
	if err != nil {
		t.Fatal(err)
	}
	router := &askedRouter{Router: chi.NewRouter()}
	router.Use(once)
	router.Post("/orders", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	served := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := chi.NewRouteContext()
		at.Routes = router
		router.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, at)))
	})
	for range 2 {
		if got := ask(t, served, "POST", "/orders", "", "Idempotency-Key", `"one"`); got.status != http.StatusCreated || router.asked != 0 {
			t.Errorf("%d, and the router was asked %d times", got.status, router.asked)
		}
	}
	if got := ask(t, served, "POST", "/orders", "else", "Idempotency-Key", `"one"`); got.status != 422 || router.asked == 0 {
		t.Errorf("another body: %d, and the router was asked %d times", got.status, router.asked)
	}
}
