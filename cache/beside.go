package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/resilience"
)

// Script is a question to Redis that goes along with another one. It answers with a list of strings.
type Script struct {
	Source string
	Key    string
	Args   []string
}

// Asking is a [Limiter.Take] that has not gone to Redis yet. See [Limiter.Ask].
type Asking struct {
	limiter    *Limiter
	name       string
	cost, most time.Duration
}

// Ask begins what Take does, for who has something else to ask Redis. An error is of a wrong call, as of Take.
func (l *Limiter) Ask(ctx context.Context, key string, n int) (*Asking, error) {
	tenant, err := tenantOf(ctx, l.shared)
	if err != nil {
		return nil, err
	}
	if key == "" || len(key) > MaxKey || n < 1 || n > l.rate.Burst {
		return nil, resilience.Permanent(fmt.Errorf("%w: it must have 1 to %d bytes, and 1 to %d may be taken at once, not %d",
			ErrKey, MaxKey, l.rate.Burst, n))
	}
	return &Asking{
		limiter: l, name: "millrace:limit:" + l.name + ":" + string(tenant) + ":" + key,
		cost: time.Duration(n) * l.rate.interval(), most: time.Duration(l.rate.Burst) * l.rate.interval(),
	}, nil
}

// Uses says whether the client is what the limiter asks.
func (l *Limiter) Uses(client redis.UniversalClient) bool { return l.redis.client == client }

// remembered is how long a refusal is known without asking again, at most.
const remembered = time.Second

// Refused says whether as much was refused a moment ago, which still holds: Redis need not be asked then. What was refused is known for a
// second at most.
func (a *Asking) Refused() (Decision, bool) {
	after := a.limiter.refused.left(a.memory())
	if after <= 0 {
		return Decision{}, false
	}
	return a.limiter.decide(false, a.most, after), true
}

// memory is what a refusal is remembered by: who asks for less may get it.
func (a *Asking) memory() string { return a.cost.String() + a.name }

// Take asks Redis for this alone.
func (a *Asking) Take(ctx context.Context) (Decision, error) {
	answer, err := a.limiter.redis.run(ctx, gcra, a.name, a.cost.Microseconds(), a.most.Microseconds())
	d, err := a.decided(ctx, answer, err)
	a.remember(d, err)
	return d, err
}

// remember keeps a refusal for [Asking.Refused].
func (a *Asking) remember(d Decision, err error) {
	if err == nil && d.Name != "" && !d.Allowed && !d.Degraded {
		a.limiter.refused.keep(a.memory(), min(d.RetryAfter, remembered))
	}
}

// Beside asks Redis for this and for what the script answers, in one round trip: neither depends on the other, and the script runs also where the
// decision is that nothing may be taken. failed is of the script: it matches [ErrGone] without an answer, when it may have run.
func (a *Asking) Beside(ctx context.Context, s Script) (d Decision, answer []string, failed error) {
	taken, answer, failed := a.limiter.redis.pair(ctx, a, s)
	if context.Cause(ctx) != nil {
		return Decision{}, nil, context.Cause(ctx)
	}
	d, err := a.decided(ctx, taken.Val(), taken.Err())
	a.remember(d, err)
	return d, answer, errors.Join(failed, err)
}

// pair runs the limiter's script and another one. A script that the server does not know costs one more round trip, the first time.
func (c connection) pair(ctx context.Context, a *Asking, s Script) (taken *redis.Cmd, answer []string, failed error) {
	took := redis.NewCmd(ctx)
	took.SetErr(ErrGone)
	got, err := c.policy.Do(ctx, func(ctx context.Context) (any, error) {
		done := make(chan [2]*redis.Cmd, 1)
		go func() { done <- c.both(ctx, a, s) }()
		select {
		case both := <-done:
			return both, both[0].Err()
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	})
	both, is := got.([2]*redis.Cmd)
	if !is {
		return took, nil, resilience.Transient(fmt.Errorf("%w: %w", ErrGone, err))
	}
	if answer, err = both[1].StringSlice(); err != nil {
		err = resilience.Transient(fmt.Errorf("%w: %w", ErrGone, err))
	}
	return both[0], answer, err
}

func (c connection) both(ctx context.Context, a *Asking, s Script) (both [2]*redis.Cmd) {
	args := make([]any, len(s.Args))
	for i, arg := range s.Args {
		args[i] = arg
	}
	scripts := [2]*redis.Script{redis.NewScript(gcra), redis.NewScript(s.Source)}
	keys := [2][]string{{a.name}, {s.Key}}
	given := [2][]any{{a.cost.Microseconds(), a.most.Microseconds()}, args}
	pipe := c.client.Pipeline()
	for i := range scripts {
		both[i] = scripts[i].EvalSha(ctx, pipe, keys[i], given[i]...)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i := range scripts {
		if redis.HasErrorPrefix(both[i].Err(), "NOSCRIPT") {
			both[i] = scripts[i].Eval(ctx, c.client, keys[i], given[i]...)
		}
	}
	return both
}
