package observe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
)

// Status is the sum of all checks.
type Status string

const (
	// OK means that every check is well.
	OK Status = "ok"
	// Degraded means that checks fail, and none that takes the process out of service.
	Degraded Status = "degraded"
	// Failing means that a check fails that is critical, or a startup check that was never well.
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
	// Answers say more, in the order of [NewHealth]. While the process stops they are those that were given before.
	Answers []Answer `json:"-"`
}

// HealthOption is a [Check], or changes a [Health]. See [NewHealth].
type HealthOption interface{ applyHealth(*healthSettings) }

type healthOption func(*healthSettings)

func (f healthOption) applyHealth(s *healthSettings) { f(s) }

type healthSettings struct {
	checks []Check
	meter  metric.MeterProvider
	log    *slog.Logger
}

// Logger receives what a check says when it turns, from well to not or back. By default it is discarded.
func Logger(l *slog.Logger) HealthOption {
	return healthOption(func(s *healthSettings) { s.log = l })
}

// Metrics receives a health's gauges: millrace.health.check, 1 or 0 for each check, and millrace.health.ready. A collection
// asks the checks, as a probe does.
func Metrics(mp metric.MeterProvider) HealthOption {
	return healthOption(func(s *healthSettings) { s.meter = mp })
}

// Health asks the checks of a process. It is safe for concurrent use.
type Health struct {
	draining atomic.Bool
	askers   []*asker
}

// NewHealth makes a health of checks, whose names must differ.
func NewHealth(opts ...HealthOption) (*Health, error) {
	s := healthSettings{meter: noop.NewMeterProvider(), log: slog.New(slog.DiscardHandler)}
	for _, opt := range opts {
		opt.applyHealth(&s)
	}
	h := &Health{}
	var errs []error
	if s.meter == nil || s.log == nil {
		errs = append(errs, errors.New("the metrics and the logger must not be nil"))
	}
	seen := map[string]bool{}
	for _, c := range s.checks {
		if err := c.validate(); err != nil {
			errs = append(errs, err)
		} else if seen[c.Name] {
			errs = append(errs, fmt.Errorf("check %q is given twice", c.Name))
		}
		seen[c.Name] = true
		if c.Timeout == 0 {
			c.Timeout = defaultTimeout
		}
		if c.Fresh == 0 {
			c.Fresh = defaultFresh
		}
		h.askers = append(h.askers, &asker{Check: c, log: s.log})
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("observe: health: %w", errors.Join(errs...))
	}
	return h, h.measure(s.meter)
}

func (h *Health) measure(provider metric.MeterProvider) error {
	m := NewMeter(provider, "github.com/millrace/millrace/observe")
	well := m.Gauge("millrace.health.check", "", "1 while a check of the process is well, 0 while it is not.")
	ready := m.Gauge("millrace.health.ready", "", "1 while the process takes new work, 0 while it does not.")
	m.Observe(func(ctx context.Context, o metric.Observer) {
		report := h.Report(ctx)
		o.ObserveInt64(ready, number(report.Status.Ready()))
		for _, a := range report.Answers {
			o.ObserveInt64(well, number(a.Well), metric.WithAttributes(
				attribute.String("millrace.health.check", a.Name), attribute.String("millrace.health.criticality", a.Criticality.String())))
		}
	}, well, ready)
	return m.Err()
}

func number(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// Drain lets readiness fall for good: the process takes no new work.
func (h *Health) Drain() { h.draining.Store(true) }

// Report asks all checks at once and waits for the slowest, at most for its timeout. An answer serves for as long as its
// check says, and all who wait for it; the end of one's ctx therefore ends no check.
func (h *Health) Report(ctx context.Context) Report {
	if h.draining.Load() {
		return Report{Status: Stopping, Answers: h.told()}
	}
	report := Report{Status: OK, Checks: make(map[string]string, len(h.askers)), Answers: make([]Answer, len(h.askers))}
	var wg sync.WaitGroup
	for i, a := range h.askers {
		wg.Go(func() { report.Answers[i] = a.ask(ctx) })
	}
	wg.Wait()
	for _, a := range report.Answers {
		report.Checks[a.Name] = a.Said
		switch {
		case a.Well:
		case a.fails():
			report.Status = Failing
		case report.Status == OK:
			report.Status = Degraded
		}
	}
	return report
}

func (h *Health) told() (answers []Answer) {
	for _, a := range h.askers {
		if answer, asked := a.told(); asked {
			answers = append(answers, answer)
		}
	}
	return answers
}
