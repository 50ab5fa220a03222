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
	mux.Handle("/", next)
	return mux
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
