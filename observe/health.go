package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Status is the sum of all checks.
type Status string

const (
	// OK means that every check is well.
	OK Status = "ok"
	// Degraded means that advisory checks fail, and no critical one.
	Degraded Status = "degraded"
	// Failing means that a critical check fails.
	Failing Status = "failing"
	// Stopping means that the process takes no new work.
	Stopping Status = "stopping"
)

// Ready says whether new work may be sent.
func (s Status) Ready() bool { return s == OK || s == Degraded }

// Report is what the checks answered: for each name "ok" or what is wrong.
type Report struct {
	Status Status            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// fresh is how long an answer serves, so that probes cost little.
const fresh = time.Second

// Health asks the checks of a process. It is safe for concurrent use.
type Health struct {
	draining atomic.Bool

	mu     sync.Mutex
	askers []*asker
	asked  time.Time
	report Report
}

// NewHealth makes a health of checks, whose names must differ.
func NewHealth(checks ...Check) (*Health, error) {
	h := &Health{}
	var errs []error
	seen := map[string]bool{}
	for _, c := range checks {
		if err := c.validate(); err != nil {
			errs = append(errs, err)
		} else if seen[c.Name] {
			errs = append(errs, fmt.Errorf("check %q is given twice", c.Name))
		}
		seen[c.Name] = true
		if c.Timeout == 0 {
			c.Timeout = defaultTimeout
		}
		h.askers = append(h.askers, &asker{Check: c})
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("observe: health: %w", errors.Join(errs...))
	}
	return h, nil
}

// Drain lets readiness fall for good: the process takes no new work.
func (h *Health) Drain() { h.draining.Store(true) }

// Report asks all checks at once and waits for the slowest, at most for its timeout. An answer serves for a second, and
// to all who wait for it; the end of one's ctx therefore ends no check.
func (h *Health) Report(ctx context.Context) Report {
	if h.draining.Load() {
		return Report{Status: Stopping}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked.IsZero() || time.Since(h.asked) >= fresh {
		h.report, h.asked = h.ask(context.WithoutCancel(ctx)), time.Now()
	}
	return Report{Status: h.report.Status, Checks: maps.Clone(h.report.Checks)}
}

func (h *Health) ask(ctx context.Context) Report {
	answers := make([]error, len(h.askers))
	var wg sync.WaitGroup
	for i, a := range h.askers {
		wg.Go(func() { answers[i] = a.ask(ctx) })
	}
	wg.Wait()
	report := Report{Status: OK, Checks: make(map[string]string, len(answers))}
	for i, a := range h.askers {
		report.Checks[a.Name] = string(OK)
		if answers[i] == nil {
			continue
		}
		report.Checks[a.Name] = answers[i].Error()
		if a.Criticality == Critical {
			report.Status = Failing
		} else if report.Status == OK {
			report.Status = Degraded
		}
	}
	return report
}
