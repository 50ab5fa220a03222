package resilience

import (
	"errors"
	"fmt"
	"time"

	"github.com/failsafe-go/failsafe-go/hedgepolicy"
)

// HedgePolicy says when an attempt that has not ended gets company. The first to succeed is the result, and the others are cancelled.
type HedgePolicy struct {
	// After is how long each attempt is alone. Where Quantile is set it is not used.
	After time.Duration
	// Quantile, above 0 and below 1, makes After the quantile of the last durations, about a thousand; there are no hedges before the first
	// hundred attempts have ended.
	Quantile float64
	// Most is how many attempts there may be beside the first; at least 1.
	Most int
}

// Validate says what is wrong with the policy, or nil.
func (p HedgePolicy) Validate() error {
	var errs []error
	if p.Quantile == 0 && p.After <= 0 {
		errs = append(errs, fmt.Errorf("after %s must be positive, or a quantile set", p.After))
	}
	if !(p.Quantile >= 0 && p.Quantile < 1) {
		errs = append(errs, fmt.Errorf("quantile %g must be above 0 and below 1", p.Quantile))
	}
	if p.Most < 1 {
		errs = append(errs, fmt.Errorf("most %d must be at least 1", p.Most))
	}
	if len(errs) > 0 {
		return fmt.Errorf("resilience: hedge policy: %w", errors.Join(errs...))
	}
	return nil
}

// Hedge makes a second attempt beside a slow one. Only for calls that are harmless twice. A call that loses is cancelled, and Do does not wait
// for it: it should end with its context.
func Hedge(policy HedgePolicy) Option {
	return option(func(s *settings) { s.hedge = &policy; s.errs = append(s.errs, policy.Validate()) })
}

func hedges[T any](p HedgePolicy, budget *Budget) hedgepolicy.HedgePolicy[T] {
	builder := hedgepolicy.NewBuilderWithDelay[T](p.After)
	if p.Quantile > 0 {
		builder = hedgepolicy.NewBuilderWithDelayQuantile[T](p.Quantile, 1000, 100)
	}
	builder = builder.WithMaxHedges(p.Most).CancelIf(func(_ T, err error) bool { return err == nil || ClassOf(err) == ClassPermanent })
	if budget != nil {
		builder = builder.WithBudget(budget.spent)
	}
	return builder.Build()
}
