package resilience

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
)

// Option changes a [Policy]. See [New].
type Option interface{ applyPolicy(*settings) }

type option func(*settings)

func (f option) applyPolicy(s *settings) { f(s) }

type settings struct {
	logger  *slog.Logger
	meter   metric.MeterProvider
	total   time.Duration
	attempt time.Duration
	retry   *RetryPolicy
	hedge   *HedgePolicy
	budget  *Budget
	breaker *BreakerPolicy
	places  int
	wait    time.Duration
	limit   [3]int
	limited bool
	errs    []error
}

// Logger receives changes of the breaker's state, and of the adaptive limit at level debug.
func Logger(l *slog.Logger) Option { return option(func(s *settings) { s.logger = l }) }

// Metrics gives the policy its metrics.
func Metrics(mp metric.MeterProvider) Option { return option(func(s *settings) { s.meter = mp }) }

// Timeout bounds a call with all its attempts and the waits between them.
func Timeout(total time.Duration) Option {
	return option(func(s *settings) { s.total = total; s.positive("Timeout", total) })
}

// AttemptTimeout bounds each attempt. What waits for a place of the bulkhead is not counted.
func AttemptTimeout(each time.Duration) Option {
	return option(func(s *settings) { s.attempt = each; s.positive("AttemptTimeout", each) })
}

// Retry makes further attempts. Only for calls that are harmless twice, or whose errors state their [Class]; see
// [RetryPolicy.Again]. An error that has a method RetryAfter() time.Duration is heeded: the delay is at least as long, and
// where that is above the policy's maximum there is no further attempt. What the policy itself refused is not tried again.
func Retry(policy RetryPolicy) Option {
	return option(func(s *settings) { s.retry = &policy; s.errs = append(s.errs, policy.Validate()) })
}

// Spend makes retries and hedges spend a budget, which several policies may share.
func Spend(budget *Budget) Option {
	return option(func(s *settings) {
		if s.budget = budget; budget == nil {
			s.errs = append(s.errs, errors.New("the budget of Spend is nil: make one with NewBudget"))
		}
	})
}

// Bulkhead lets so many attempts run at once. Others wait that long for a place, and are refused with [ErrFull].
func Bulkhead(places int, wait time.Duration) Option {
	return option(func(s *settings) {
		if s.places, s.wait = places, wait; places < 1 || wait < 0 {
			s.errs = append(s.errs, fmt.Errorf("Bulkhead(%d, %s): places must be at least 1, and the wait not negative", places, wait))
		}
	})
}

// AdaptiveLimit lets between least and most attempts run at once, start at first: fewer when attempts become slower with more of them, more
// when they do not. Others are refused with [ErrLimited] at once.
func AdaptiveLimit(least, start, most int) Option {
	return option(func(s *settings) {
		if s.limit, s.limited = [3]int{least, start, most}, true; least < 1 || start < least || most < start {
			s.errs = append(s.errs, fmt.Errorf("AdaptiveLimit(%d, %d, %d): it must be that 1 <= least <= start <= most", least, start, most))
		}
	})
}

func (s *settings) positive(name string, d time.Duration) {
	if d <= 0 {
		s.errs = append(s.errs, fmt.Errorf("%s %s must be positive", name, d))
	}
}

func newSettings(name string, opts []Option) (settings, error) {
	s := settings{logger: slog.New(slog.DiscardHandler), meter: metricnoop.NewMeterProvider()}
	for _, opt := range opts {
		opt.applyPolicy(&s)
	}
	if name == "" {
		s.errs = append(s.errs, errors.New("a policy needs a name, for logs and metrics"))
	}
	if s.logger == nil || s.meter == nil {
		s.errs = append(s.errs, errors.New("logger and metrics must not be nil"))
	}
	if s.budget != nil && s.retry == nil && s.hedge == nil {
		s.errs = append(s.errs, errors.New("a budget is of no use without Retry or Hedge"))
	}
	if s.total > 0 && s.attempt >= s.total {
		s.errs = append(s.errs, fmt.Errorf("AttemptTimeout %s must be below Timeout %s", s.attempt, s.total))
	}
	if err := errors.Join(s.errs...); err != nil {
		return s, fmt.Errorf("resilience: policy %q: %w", name, err)
	}
	return s, nil
}
