package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/millrace/millrace/observe"
)

// health answers /livez and /readyz.
type health struct {
	*observe.Health

	room func(context.Context) error // nil where nobody asks
}

// wrap serves the two paths before next.
func (h *health) wrap(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { write(w, observe.Report{Status: observe.OK}) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		write(w, h.Report(r.Context()))
	})
	mux.Handle("/", h.hold(next))
	return mux
}

// hold refuses what would write while there is no room: it is better not to accept an order than to fail half-way.
func (h *health) hold(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.room != nil && r.Method != http.MethodGet && r.Method != http.MethodHead {
			if err := h.room(r.Context()); err != nil {
				w.Header().Set("Content-Type", "application/problem+json")
				w.Header().Set("Retry-After", "10")
				w.WriteHeader(http.StatusServiceUnavailable)
				_ = json.NewEncoder(w).Encode(refusal{ // the client has gone
					Type: "about:blank", Title: "Service Unavailable", Status: http.StatusServiceUnavailable, Detail: err.Error(),
				})
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// refusal is a problem of RFC 9457.
type refusal struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func write(w http.ResponseWriter, r observe.Report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !r.Status.Ready() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r) // the prober has gone
}
