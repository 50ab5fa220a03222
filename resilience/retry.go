package resilience

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

// RetryPolicy says how often and how far apart something is tried. It is data; [DefaultRetry] is a good start.
type RetryPolicy struct {
	// Attempts is how often it is tried in all, the first time included; at least 1.
	Attempts int
	// Initial is the delay after the first attempt.
	Initial time.Duration
	// Max bounds every delay.
	Max time.Duration
	// Multiplier is how much longer each delay is than the one before; at least 1.
	Multiplier float64
	// Jitter is the part of a delay, 0 to 1, that is chosen at random: with 0.5 a delay of 1s becomes 0.5s to 1s.
	Jitter float64
	// Elapsed bounds the time from the first attempt to the start of the last; 0 means no bound.
	Elapsed time.Duration
}

// DefaultRetry is five attempts, 100 ms, 200 ms, 400 ms and 800 ms apart, half of each at random.
func DefaultRetry() RetryPolicy {
	return RetryPolicy{Attempts: 5, Initial: 100 * time.Millisecond, Max: 10 * time.Second, Multiplier: 2, Jitter: 0.5}
}

// Validate says what is wrong with the policy, or nil.
func (p RetryPolicy) Validate() error {
	var errs []error
	if p.Attempts < 1 {
		errs = append(errs, fmt.Errorf("attempts %d must be at least 1", p.Attempts))
	}
	if p.Initial < 0 || p.Max < p.Initial {
		errs = append(errs, fmt.Errorf("delays must satisfy 0 <= initial %s <= max %s", p.Initial, p.Max))
	}
	if !(p.Multiplier >= 1) || math.IsInf(p.Multiplier, 0) {
		errs = append(errs, fmt.Errorf("multiplier %g must be at least 1", p.Multiplier))
	}
	if !(p.Jitter >= 0 && p.Jitter <= 1) {
		errs = append(errs, fmt.Errorf("jitter %g must be between 0 and 1", p.Jitter))
	}
	if p.Elapsed < 0 {
		errs = append(errs, fmt.Errorf("elapsed %s must not be negative", p.Elapsed))
	}
	if len(errs) > 0 {
		return fmt.Errorf("resilience: retry policy: %w", errors.Join(errs...))
	}
	return nil
}

// Delay is how long to wait after the attempt with that number, 1 being the first.
func (p RetryPolicy) Delay(attempt int) time.Duration {
	if p.Initial == 0 {
		return 0
	}
	full := min(float64(p.Initial)*math.Pow(p.Multiplier, float64(max(attempt, 1)-1)), float64(p.Max))
	return time.Duration(full * (1 - p.Jitter*rand.Float64())) //nolint:gosec // jitter is not a secret
}

// Again says whether another attempt may follow the one with that number, which ended with err.
// A [Permanent] error is not tried again, nor is one whose outcome is unknown because the context ended.
func (p RetryPolicy) Again(attempt int, err error) bool {
	return err != nil && attempt < p.Attempts && ClassOf(err) != ClassPermanent
}

// Do runs call until it succeeds, the policy is spent, an error is permanent, or ctx ends, and returns the last error.
func Do(ctx context.Context, p RetryPolicy, call func(context.Context) error) error {
	if err := p.Validate(); err != nil {
		return err
	}
	builder := retrypolicy.NewBuilder[any]().
		WithMaxAttempts(p.Attempts).
		WithDelayFunc(func(e failsafe.ExecutionAttempt[any]) time.Duration { return p.Delay(e.Attempts()) }).
		HandleIf(func(_ any, err error) bool { return err != nil && ctx.Err() == nil && ClassOf(err) != ClassPermanent }).
		ReturnLastFailure()
	if p.Elapsed > 0 {
		builder = builder.WithMaxDuration(p.Elapsed)
	}
	return failsafe.With(builder.Build()).WithContext(ctx).Run(func() error { return call(ctx) }) //nolint:wrapcheck // the caller's own error
}
