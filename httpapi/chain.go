package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/request"
)

// Steps are the middleware of an application. What is nil is left out. See [Chain].
type Steps struct {
	// Errors answers and logs what fails. It is needed.
	Errors *Errors
	// Trace is that of the function [Trace].
	Trace Middleware
	// CORS and CrossOrigin are those of the functions of these names, for applications that browsers use.
	CORS        Middleware
	CrossOrigin Middleware
	// Identify is that of the function [Identify].
	Identify Middleware
	// Locale is that of the function [Locale].
	Locale Middleware
	// Place is that of the function [Place].
	Place Middleware
	// RateLimit is that of the function [RateLimit].
	RateLimit Middleware
	// ReplayGuard is the Handler of a seal.ReplayGuard, whose answers are [Errors.Unsigned].
	ReplayGuard Middleware
	// Idempotency is that of the function [Idempotency].
	Idempotency Middleware
	// MaxBody is how many bytes a body may have: 1 MiB by default, and no limit below 0.
	MaxBody int64
	// Timeout is how long a request may take: 30 seconds by default, and no limit below 0.
	Timeout time.Duration
	// Peer says whether another pod has sent the request on, and for whom. That pod has established who asks, counted the request and remembered it,
	// which is left out then. It must be sure of that: see partitions.Group.Forwarded.
	Peer func(*http.Request) (request.Info, bool)
	// Then are the application's own, such as that of partitions.Group.Forward.
	Then []Middleware
}

// Middleware is what chi, and this package, mean by it.
type Middleware = func(http.Handler) http.Handler

// Chain puts the steps in order: recover, request id, trace, recover, CORS, cross-origin protection, tenant and identity, locale, place, rate limit,
// limit of the body, replay guard, idempotency, time, and the application's own. Recover stands twice, so that a panic's status is in its span. The
// guard stands before idempotency, so that an answer is replayed only to who has signed for it. Give them to a chi router's Use before its routes.
func Chain(s Steps) (chi.Middlewares, error) {
	if s.Errors == nil {
		return nil, errors.New("httpapi: chain: Errors is needed")
	}
	if s.MaxBody == 0 {
		s.MaxBody = 1 << 20
	}
	if s.Timeout == 0 {
		s.Timeout = 30 * time.Second
	}
	var peer, size, arrival, timeout Middleware
	if s.Peer != nil {
		peer = s.peer
	}
	if s.MaxBody > 0 {
		size = MaxBody(s.MaxBody)
	}
	if s.Timeout > 0 {
		arrival, timeout = arriving(s.Timeout), Timeout(s.Timeout)
	}
	all := []Middleware{
		s.Errors.Recover, RequestID, s.Trace, s.Errors.Recover, peer, s.CORS, s.CrossOrigin,
		s.first(s.Identify), s.first(s.Locale), s.Place,
		s.first(s.RateLimit), size, arrival, s.first(s.ReplayGuard), s.first(s.Idempotency), timeout,
	}
	chain := make(chi.Middlewares, 0, len(all)+len(s.Then))
	for _, step := range append(all, s.Then...) {
		if step != nil {
			chain = append(chain, step)
		}
	}
	return chain, nil
}

type peerKey struct{}

// peer notes what a peer has sent on, and for whom.
func (s *Steps) peer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, sent := s.Peer(r); sent {
			r = r.WithContext(request.With(context.WithValue(r.Context(), peerKey{}, true), who))
		}
		next.ServeHTTP(w, r)
	})
}

// first leaves the step out for what a peer has sent on.
func (s *Steps) first(step Middleware) Middleware {
	if step == nil || s.Peer == nil {
		return step
	}
	return func(next http.Handler) http.Handler {
		with := step(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Context().Value(peerKey{}) != nil {
				next.ServeHTTP(w, r)
				return
			}
			with.ServeHTTP(w, r)
		})
	}
}

// arriving bounds the time in which a body comes that is read before [Timeout] begins.
func arriving(limit time.Duration) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrives(w, r, limit)
			next.ServeHTTP(w, r)
		})
	}
}
