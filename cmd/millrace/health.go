package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	checkTimeout = 2 * time.Second
	checkFresh   = time.Second
)

// check asks one thing that requests stand on.
type check struct {
	name string
	ask  func(context.Context) error
}

// health answers /livez and /readyz. An answer of the checks serves for a second, so that probes cost little.
type health struct {
	checks   []check
	room     func(context.Context) error // nil where nobody asks
	stopping atomic.Bool

	mu     sync.Mutex
	asked  time.Time
	report report
}

// report is the body of /readyz.
type report struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

const (
	statusOK       = "ok"
	statusFailing  = "failing"
	statusStopping = "stopping"
)

// stop lets readiness fall; liveness stays.
func (h *health) stop() { h.stopping.Store(true) }

// wrap serves the two paths before next.
func (h *health) wrap(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { write(w, report{Status: statusOK}) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if h.stopping.Load() {
			write(w, report{Status: statusStopping})
			return
		}
		write(w, h.ask(context.WithoutCancel(r.Context())))
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

func (h *health) ask(ctx context.Context) report {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.asked) < checkFresh {
		return h.report
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	answers := make([]string, len(h.checks))
	var wg sync.WaitGroup
	for i, c := range h.checks {
		wg.Go(func() {
			answers[i] = statusOK
			if err := c.ask(ctx); err != nil {
				answers[i] = err.Error()
			}
		})
	}
	wg.Wait()
	made := report{Status: statusOK, Checks: make(map[string]string, len(answers))}
	for i, answer := range answers {
		if made.Checks[h.checks[i].name] = answer; answer != statusOK {
			made.Status = statusFailing
		}
	}
	h.report, h.asked = made, time.Now()
	return made
}

func write(w http.ResponseWriter, r report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if r.Status != statusOK {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r) // the prober has gone
}
