package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/observe"
)

// health answers /livez and /readyz.
type health struct {
	*observe.Health

	room func(context.Context) error // nil where nobody asks
}

// wrap answers probes before next.
func (h *health) wrap(next http.Handler) http.Handler { return httpapi.Probes(h.Health)(h.hold(next)) }

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
