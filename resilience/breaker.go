package resilience

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

// BreakerPolicy says when a breaker opens, and how it closes again. It is data; [DefaultBreaker] is a good start.
//
// A failure is an error that is not permanent: who answers that a request is wrong is well. A call that its own caller cancelled is neither
// a failure nor a success; as a probe it counts as a failure.
type BreakerPolicy struct {
	// Rate is the part of the attempts, above 0 and at most 1, that must fail for the breaker to open.
	Rate float64
	// Least is how many attempts there must have been in the window before the rate counts.
	Least int
	// Window is how far the rate looks back.
	Window time.Duration
	// Open is how long an open breaker refuses all calls; a fifth of it more or less, by chance, so that breakers of many processes do not
	// probe at once.
	Open time.Duration
	// Probes is how many attempts are then let through at once, and how many must succeed one after the other.
	Probes int
}

// DefaultBreaker opens when half of at least 20 attempts within 30 seconds failed, for 10 seconds, and closes after 3 probes.
func DefaultBreaker() BreakerPolicy {
	return BreakerPolicy{Rate: 0.5, Least: 20, Window: 30 * time.Second, Open: 10 * time.Second, Probes: 3}
}

// Validate says what is wrong with the policy, or nil.
func (p BreakerPolicy) Validate() error {
	var errs []error
	if !(p.Rate > 0 && p.Rate <= 1) {
		errs = append(errs, fmt.Errorf("rate %g must be above 0 and at most 1", p.Rate))
	}
	if p.Least < 1 || p.Probes < 1 {
		errs = append(errs, fmt.Errorf("least %d and probes %d must be at least 1", p.Least, p.Probes))
	}
	if p.Window < 10*time.Millisecond || p.Open <= 0 {
		errs = append(errs, fmt.Errorf("window %s must be at least 10ms and open %s positive", p.Window, p.Open))
	}
	if len(errs) > 0 {
		return fmt.Errorf("resilience: breaker policy: %w", errors.Join(errs...))
	}
	return nil
}

// Breaker stops calls to what mostly fails. They are refused with [ErrOpen], which says when to try again.
func Breaker(policy BreakerPolicy) Option {
	return option(func(s *settings) { s.breaker = &policy; s.errs = append(s.errs, policy.Validate()) })
}

func (p BreakerPolicy) build(name string, logger *slog.Logger, m *meters) circuitbreaker.CircuitBreaker[struct{}] {
	var (
		made  circuitbreaker.CircuitBreaker[struct{}]
		order sync.Mutex // failsafe-go tells of changes outside of the breaker's lock, so two may come at once, and in any order
	)
	m.state(stateClosed)
	made = circuitbreaker.NewBuilder[struct{}]().
		WithFailureRateThreshold(p.Rate, uint(p.Least), p.Window).
		WithDelay(p.Open).WithJitterFactor(0.2).
		WithSuccessThreshold(uint(p.Probes)).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			order.Lock()
			defer order.Unlock()
			to, level := stateOf(e.NewState), slog.LevelInfo
			if to == stateOpen {
				level = slog.LevelWarn
			}
			m.changed(to)
			m.state(stateOf(made.State())) // whoever comes last shows what holds
			logger.Log(e.Context(), level, "circuit breaker changed", "policy", name, "from", stateOf(e.OldState).String(), "to", to.String())
		}).Build()
	return made
}

// state is a breaker's, by the number that the gauge shows.
type state int64

const (
	stateClosed state = iota
	stateHalfOpen
	stateOpen
)

// String is the state as logs and metrics show it.
func (s state) String() string { return [...]string{"closed", "half_open", "open"}[s] }

func stateOf(s circuitbreaker.State) state {
	switch s {
	case circuitbreaker.OpenState:
		return stateOpen
	case circuitbreaker.HalfOpenState:
		return stateHalfOpen
	default:
		return stateClosed
	}
}
