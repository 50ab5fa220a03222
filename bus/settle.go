package bus

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/resilience"
)

const (
	settleLimit  = 20 * time.Second
	missingLimit = time.Second
)

// settle asks again while brokers do not agree yet on what was changed a moment ago: a new topic is known to some of
// them before others, and its partitions before their leaders. A topic that is missing is asked for during patience.
// What a broker has answered for good is a permanent error; that none has answered may pass.
func settle[T any](ctx context.Context, patience time.Duration, ask func(context.Context) (T, error)) (T, error) {
	policy := resilience.RetryPolicy{
		Attempts: 1000, Initial: 20 * time.Millisecond, Max: 250 * time.Millisecond, Multiplier: 1.5, Elapsed: settleLimit,
	}
	began := time.Now()
	var answer T
	var unheard error
	err := resilience.Do(ctx, policy, func(ctx context.Context) error {
		var err error
		answer, err = ask(ctx)
		passes := kerr.IsRetriable(err)
		if err == nil || (passes && !missing(err)) || (missing(err) && time.Since(began) < patience) {
			return err
		}
		if unanswered(err) || ctx.Err() != nil {
			unheard = err
		}
		return resilience.Permanent(err) // asking again is the client's own business
	})
	if unheard != nil {
		return answer, unheard
	}
	return answer, err
}
