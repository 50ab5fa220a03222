package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/observe"
)

// health answers /livez, /readyz and /startupz, from the first moment on.
type health struct {
	*observe.Health

	begun func(context.Context) error // nil where requests are served at once
	room  func(context.Context) error // nil where nobody asks
}

// httpDrain bounds how long requests may take to finish after a process has stopped listening.
const httpDrain = 15 * time.Second

// serve answers probes, and requests once the process has begun, until ctx ends, and then lets requests finish. Who ends ctx has let readiness fall
// before.
func (h *health) serve(ctx context.Context, handler http.Handler, listener net.Listener, log *slog.Logger, opts ...httpapi.ServerOption) error {
	opts = append(opts, httpapi.Listener(listener), httpapi.Drain(0, httpDrain), httpapi.ServerLogger(log))
	server, err := httpapi.NewServer(h.closed(handler), h.Health, opts...)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}

// closed refuses everything until the process has begun.
func (h *health) closed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.begun != nil {
			if err := h.begun(r.Context()); err != nil {
				unavailable(w, r, err, "1")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// hold refuses what would write while there is no room: it is better not to accept an order than to fail half-way.
func (h *health) hold(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.room != nil && r.Method != http.MethodGet && r.Method != http.MethodHead {
			if err := h.room(r.Context()); err != nil {
				unavailable(w, r, err, "10")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// unavailable refuses a request for so many seconds.
func unavailable(w http.ResponseWriter, r *http.Request, why error, seconds string) {
	(&httpapi.Problem{
		Status: http.StatusServiceUnavailable, Detail: why.Error(), Header: http.Header{"Retry-After": {seconds}},
	}).Write(w, r)
}
