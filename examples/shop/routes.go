package shop

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/millrace/millrace/httpapi"
)

// requestTimeout bounds every request but the event stream.
const requestTimeout = 10 * time.Second

// Handler serves the shop: orders, the event stream, the small endpoints behind the page, and the page at /.
func (s *Shop) Handler() http.Handler { return s.handler }

// routes puts the steps round the shop's routes.
func (s *Shop) routes(steps httpapi.Steps) (http.Handler, error) {
	errs, err := httpapi.NewErrors(s.log, translate)
	if err != nil {
		return nil, err
	}
	steps.Errors, steps.CrossOrigin, steps.MaxBody, steps.Timeout = errs, httpapi.CrossOrigin(httpapi.Origins{}), MaxBody, requestTimeout
	steps.Then = append(steps.Then, middleware.GetHead)
	chain, err := httpapi.Chain(steps)
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(chain...)
	errs.Unrouted(r)
	r.Method(http.MethodGet, "/events", httpapi.Stream(s.hub.SSE()))
	r.Method(http.MethodPost, "/hooks/receiver", s.hooks.Receiver())
	for _, route := range []struct {
		method, pattern string
		serve           func(http.ResponseWriter, *http.Request) error
	}{
		{http.MethodPost, "/orders", s.placeOrder},
		{http.MethodGet, "/orders", s.listOrders},
		{http.MethodGet, "/orders/{id}", s.getOrder},
		{http.MethodGet, "/orders/{id}/progress", s.showProgress},
		{http.MethodPost, "/orders/{id}/approve", s.approveOrder},
		{http.MethodPost, "/orders/{id}/cancel", s.cancelOrder},
		{http.MethodGet, "/chart", s.showChart},
		{http.MethodGet, "/mail", s.showMail},
		{http.MethodGet, "/hooks", s.showHooks},
		{http.MethodGet, "/hooks/endpoints", s.listEndpoints},
		{http.MethodPost, "/hooks/endpoints", s.addEndpoint},
		{http.MethodDelete, "/hooks/endpoints/{id}", s.removeEndpoint},
		{http.MethodGet, "/topics", s.listTopics},
		{http.MethodGet, "/lag", s.showLag},
		{http.MethodGet, "/clock", s.showClock},
		{http.MethodGet, "/", s.showPage},
		{http.MethodGet, "/assets/*", s.showAsset},
	} {
		r.Method(route.method, route.pattern, errs.Handle(route.serve))
	}
	return r, nil
}
