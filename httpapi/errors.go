package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/request"
)

// Errors answers for handlers that fail. See [NewErrors].
type Errors struct {
	log       *slog.Logger
	translate []func(error) *Problem
}

// NewErrors logs what is nobody's mistake but ours. Each translate says which problem an error of the application is, nil where it does not know
// it; the first that knows it decides. An error that becomes one with a status of 500 or more is logged too.
func NewErrors(log *slog.Logger, translate ...func(error) *Problem) (*Errors, error) {
	if log == nil {
		return nil, errors.New("httpapi: errors: the logger must not be nil")
	}
	for i, t := range translate {
		if t == nil {
			return nil, fmt.Errorf("httpapi: errors: translation %d is nil", i)
		}
	}
	return &Errors{log: log, translate: translate}, nil
}

// Handle serves by a function that may fail. Its error is answered as [Errors.Write] says, if nothing was written.
func (e *Errors) Handle(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watched := watch(w)
		err := serve(watched, r)
		switch {
		case err == nil:
		case watched.begun():
			e.log.ErrorContext(r.Context(), "httpapi: an answer was begun and failed", e.about(r, "error", err)...)
			panic(http.ErrAbortHandler) //nolint:forbidigo // the only way to tell the client that an answer is not whole
		default:
			e.Write(watched, r, err)
		}
	})
}

// statusGone is what logs and metrics have of requests whose client has gone. No client reads it.
const statusGone = 499

// Write answers with the problem that the error is: a [Problem] in it, 413 for a body that is larger than [MaxBody] says, 504 for what ended with the
// time of [Timeout], what a translation says, 504 where that time is over. Anything else is logged, and the client is told status 500 and nothing
// of the error.
func (e *Errors) Write(w http.ResponseWriter, r *http.Request, err error) {
	if p, is := errors.AsType[*Problem](err); is {
		p.Write(w, r)
		return
	}
	if large, is := errors.AsType[*http.MaxBytesError](err); is {
		tooLarge(large.Limit).Write(w, r)
		return
	}
	cause := context.Cause(r.Context())
	late := errors.Is(cause, errTimeout)
	switch {
	case late && errors.Is(err, context.DeadlineExceeded):
		timedOut().Write(w, r)
		return
	case cause != nil && !late && errors.Is(err, context.Canceled):
		w.WriteHeader(statusGone)
		return
	}
	p := e.translated(err)
	switch {
	case p != nil && p.Whole().Status < http.StatusInternalServerError:
	case p == nil && late:
		p = timedOut()
	default:
		e.log.ErrorContext(r.Context(), "httpapi: a request failed", e.about(r, "error", err)...)
	}
	if p == nil {
		p = &Problem{Status: http.StatusInternalServerError, Detail: "the server failed; its log has the request id"}
	}
	p.Write(w, r)
}

func (e *Errors) translated(err error) *Problem {
	for _, translate := range e.translate {
		if p := translate(err); p != nil {
			return p
		}
	}
	return nil
}

// about is what the log says of a request.
func (e *Errors) about(r *http.Request, more ...any) []any {
	return append([]any{"request_id", request.From(r.Context()).ID, "method", r.Method, "route", routeOf(r)}, more...)
}

// Recover answers for handlers that panic: the stack goes to the log, and nothing of it to the client. Where an answer was begun the connection is
// cut, so that the client sees that it is not whole. http.ErrAbortHandler passes.
func (e *Errors) Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watched := watch(w)
		defer watched.clear()
		defer func() { //nolint:contextcheck // the request has it
			failure := recover()
			if failure == nil {
				return
			}
			if err, is := failure.(error); is && errors.Is(err, http.ErrAbortHandler) {
				panic(failure) //nolint:forbidigo // net/http's own way to abort
			}
			e.log.ErrorContext(r.Context(), "httpapi: a handler panicked",
				e.about(r, "panic", fmt.Sprint(failure), "stack", string(debug.Stack()))...)
			if watched.hijacked {
				return
			}
			if watched.begun() {
				panic(http.ErrAbortHandler) //nolint:forbidigo // the only way to tell the client that an answer is not whole
			}
			(&Problem{Status: http.StatusInternalServerError, Detail: "the server failed; its log has the request id"}).Write(watched, r)
		}()
		next.ServeHTTP(watched, r)
	})
}

// Unrouted lets the router answer with problems where it has no route, 404, and none for the method, 405 with Allow. Call it before sub-routers are
// mounted: they inherit it.
func (e *Errors) Unrouted(router chi.Router) {
	router.NotFound(func(w http.ResponseWriter, r *http.Request) { notFound().Write(w, r) })
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		notAllowed(r, allowed(router, cmp.Or(r.URL.RawPath, r.URL.Path))).Write(w, r)
	})
}

// unrouted is why the chi router serves the request nowhere as it came, or nil, which it is asked when the function is called: a step behind may
// have rewritten the path by then. Another router is not asked.
func unrouted(r *http.Request) func() error {
	at := chi.RouteContext(r.Context())
	if at == nil || at.Routes == nil {
		return func() error { return nil }
	}
	routes, method, path := at.Routes, r.Method, cmp.Or(at.RoutePath, r.URL.RawPath, r.URL.Path)
	return func() error {
		if routes.Match(chi.NewRouteContext(), method, path) {
			return nil
		}
		if methods := allowed(routes, path); len(methods) > 0 {
			return notAllowed(r, methods)
		}
		return notFound()
	}
}

// allowed are the methods for which there is a route.
func allowed(routes chi.Routes, path string) (methods []string) {
	for _, method := range [...]string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
	} {
		if routes.Match(chi.NewRouteContext(), method, path) {
			methods = append(methods, method)
		}
	}
	return methods
}

func notFound() *Problem {
	return &Problem{Status: http.StatusNotFound, Detail: "nothing is served at this path"}
}

func notAllowed(r *http.Request, methods []string) *Problem {
	return &Problem{
		Status: http.StatusMethodNotAllowed, Detail: r.Method + " is not served at this path; see Allow", Header: http.Header{"Allow": methods},
	}
}
