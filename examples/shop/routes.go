package shop

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/millrace/millrace/httpapi"
)

// MaxBody is the largest request body that the shop reads, in bytes.
const MaxBody = 64 << 10

// requestTimeout bounds every request but the event stream.
const requestTimeout = 10 * time.Second

// Handler serves the shop: orders, the event stream, the small endpoints behind the page, and the page at /.
func (s *Shop) Handler() http.Handler { return s.handler }

// routes puts the steps round the shop's routes.
func (s *Shop) routes() (http.Handler, error) {
	errs, err := httpapi.NewErrors(s.log, translate)
	if err != nil {
		return nil, err
	}
	steps, err := s.around(errs)
	if err != nil {
		return nil, err
	}
	steps.Errors, steps.CrossOrigin, steps.MaxBody, steps.Timeout = errs, httpapi.CrossOrigin(httpapi.Origins{}), MaxBody, requestTimeout
	steps.Then = append(steps.Then, middleware.GetHead)
	chain, err := httpapi.Chain(steps)
	if err != nil {
		return nil, err
	}
	events, err := s.events()
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(chain...)
	errs.Unrouted(r)
	r.Method(http.MethodGet, "/events", httpapi.Stream(s.hub.SSE()))
	r.Method(http.MethodPost, "/hooks/receiver", s.hooks.Receiver())
	r.Method(http.MethodGet, "/asyncapi.json", events)
	r.Method(http.MethodGet, "/", errs.Handle(s.showPage))
	r.Method(http.MethodGet, "/assets/*", errs.Handle(s.showAsset))
	return r, s.operations(r, steps)
}
