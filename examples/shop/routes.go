package shop

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/millrace/millrace/request"
)

// requestTimeout bounds every request but the event stream.
const requestTimeout = 10 * time.Second

// handler is an HTTP handler that may fail; fail turns its error into a problem.
type handler func(http.ResponseWriter, *http.Request) error

// Handler serves the shop: orders, the event stream, the small endpoints behind the page, and the page at /.
func (s *Shop) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(identify, s.recover, http.NewCrossOriginProtection().Handler, middleware.GetHead)
	r.NotFound(s.serve(func(http.ResponseWriter, *http.Request) error {
		return problem(http.StatusNotFound, "", "there is nothing here; try /orders, /events?channel=orders, /topics, /lag or /")
	}))
	r.MethodNotAllowed(s.serve(func(w http.ResponseWriter, req *http.Request) error {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			if r.Match(chi.NewRouteContext(), method, req.URL.Path) {
				w.Header().Add("Allow", method)
			}
		}
		return problem(http.StatusMethodNotAllowed, "", req.Method+" is not possible here; read with GET, and place orders with POST /orders")
	}))
	r.Method(http.MethodGet, "/events", s.hub.SSE())
	r.Group(func(r chi.Router) {
		r.Use(middleware.Timeout(requestTimeout), bound)
		r.Post("/orders", s.serve(s.placeOrder))
		r.Get("/orders", s.serve(s.listOrders))
		r.Get("/orders/{id}", s.serve(s.getOrder))
		r.Get("/orders/{id}/progress", s.serve(s.showProgress))
		r.Post("/orders/{id}/approve", s.serve(s.approveOrder))
		r.Post("/orders/{id}/cancel", s.serve(s.cancelOrder))
		r.Get("/chart", s.serve(s.showChart))
		r.Get("/mail", s.serve(s.showMail))
		r.Get("/hooks", s.serve(s.showHooks))
		r.Get("/hooks/endpoints", s.serve(s.listEndpoints))
		r.Post("/hooks/endpoints", s.serve(s.addEndpoint))
		r.Delete("/hooks/endpoints/{id}", s.serve(s.removeEndpoint))
		r.Method(http.MethodPost, "/hooks/receiver", s.hooks.Receiver())
		r.Get("/topics", s.serve(s.listTopics))
		r.Get("/lag", s.serve(s.showLag))
		r.Get("/clock", s.serve(s.showClock))
		r.Get("/", s.serve(s.showPage))
		r.Get("/assets/*", s.serve(s.showAsset))
	})
	return r
}

// bound ends the connection of a client that sends its body, or reads its answer, too slowly. The server itself has no
// such limits, since they would end event streams too.
func bound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := http.NewResponseController(w)
		until := time.Now().Add(requestTimeout)
		_ = errors.Join(limit.SetReadDeadline(until), limit.SetWriteDeadline(until)) // not every writer has them
		next.ServeHTTP(w, r)
		_ = limit.SetWriteDeadline(time.Time{}) // the connection's next request begins without one
	})
}

func (s *Shop) serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// fail answers with the problem that err is. What is nobody's mistake but ours is logged, and its text stays here.
func (s *Shop) fail(w http.ResponseWriter, r *http.Request, err error) {
	if p, ok := errors.AsType[*Problem](err); ok {
		p.write(w, r)
		return
	}
	switch {
	case errors.Is(err, ErrNotFound):
		problem(http.StatusNotFound, "", "no order has this id; place it with POST /orders").write(w, r)
	case errors.Is(err, ErrConflict):
		problem(http.StatusConflict, "order-conflict",
			"another order has this id; choose a new id, or send the same content as before").write(w, r)
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		w.WriteHeader(499) // the client has gone; nobody reads this
	default:
		s.log.ErrorContext(r.Context(), "shop: request failed", "request", request.From(r.Context()).ID,
			"method", r.Method, "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "2")
		problem(http.StatusServiceUnavailable, "unavailable",
			"the shop cannot reach one of its servers; send the same request again, an order with the same id is placed once").write(w, r)
	}
}

func (s *Shop) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.survive(w, r)
		next.ServeHTTP(w, r)
	})
}

// survive answers for a handler that panicked; one that aborted the connection on purpose goes on to do so.
func (s *Shop) survive(w http.ResponseWriter, r *http.Request) {
	failure := recover()
	if failure == nil {
		return
	}
	if err, ok := failure.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(failure) //nolint:forbidigo // net/http's own way to abort
	}
	s.log.ErrorContext(r.Context(), "shop: handler panicked", "request", request.From(r.Context()).ID,
		"panic", failure, "stack", string(debug.Stack()))
	problem(http.StatusInternalServerError, "", "this is a mistake of the shop; its log says more").write(w, r)
}
