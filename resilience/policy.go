package resilience

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

// Policy makes calls that may fail, hang or come in crowds. It belongs to one thing that is called, such as a service, and is safe for
// concurrent use. Its parts have one order, whichever options were given first:
//
//	Timeout → Retry → Hedge → Bulkhead → AdaptiveLimit → Breaker → AttemptTimeout → the call
//
// Each part acts on all that is right of it. So every attempt takes a place and counts for the breaker, and so does one that timed out; a wait
// between attempts takes no place; and what is refused before it is made counts for nothing.
type Policy[T any] struct {
	name     string
	total    time.Duration
	attempts time.Duration
	repeat   failsafe.Executor[T]
	hedged   bool
	gate     gate
	meters   *meters
}

// New makes a policy. Without options it only measures.
func New[T any](name string, opts ...Option) (*Policy[T], error) {
	s, err := newSettings(name, opts)
	if err != nil {
		return nil, err
	}
	m, err := newMeters(name, s.meter)
	if err != nil {
		return nil, err
	}
	p := &Policy[T]{name: name, total: s.total, attempts: s.attempt, hedged: s.hedge != nil, gate: newGate(name, s, m), meters: m}
	var parts []failsafe.Policy[T]
	if s.retry != nil {
		parts = append(parts, retries[T](*s.retry, s.budget))
	}
	if s.hedge != nil {
		parts = append(parts, hedges[T](*s.hedge, s.budget))
	}
	if len(parts) > 0 {
		p.repeat = failsafe.With(parts...)
	}
	return p, nil
}

func retries[T any](p RetryPolicy, b *Budget) retrypolicy.RetryPolicy[T] {
	builder := retrypolicy.NewBuilder[T]().WithMaxAttempts(p.Attempts).ReturnLastFailure().
		WithDelayFunc(func(e failsafe.ExecutionAttempt[T]) time.Duration {
			return max(p.Delay(e.Attempts()-e.Hedges()), wantedDelay(e.LastError()))
		}).
		HandleIf(func(_ T, err error) bool {
			return err != nil && ClassOf(err) != ClassPermanent && !refused(err) && wantedDelay(err) <= p.Max
		})
	if p.Elapsed > 0 {
		builder = builder.WithMaxDuration(p.Elapsed)
	}
	if b != nil {
		builder = builder.WithBudget(b.spent)
	}
	return builder.Build()
}

// Do makes the call under the policy. The error is the call's own, or an [Error], in whose chain the call's last one is, or ctx's.
func (p *Policy[T]) Do(ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	return p.run(ctx, call, true)
}

// run makes further attempts only where again allows it.
func (p *Policy[T]) run(ctx context.Context, call func(context.Context) (T, error), again bool) (value T, err error) {
	began, outer := time.Now(), ctx
	defer func() { p.meters.call(outer, began, err) }()
	if p.total > 0 {
		ending, cancel := context.WithTimeoutCause(ctx, p.total, ErrTimeout)
		defer cancel()
		ctx = ending
	}
	var last failure
	if p.repeat == nil || !again {
		value, err = p.attempt(ctx, call, &last, kindFirst)
	} else {
		value, err = p.repeat.WithContext(ctx).GetWithExecution(func(e failsafe.Execution[T]) (T, error) { //nolint:contextcheck // e has it
			return p.attempt(e.Context(), call, &last, kindOf(e))
		})
	}
	if panicked, ok := errors.AsType[*panicError](err); ok {
		panic(panicked.value) //nolint:forbidigo // the call's own, which a hedge ran beside its caller
	}
	return value, p.explain(ctx, outer, err, last.get())
}

// explain makes the error that the caller gets of what ended the call.
func (p *Policy[T]) explain(ctx, outer context.Context, err, last error) error {
	own, isOwn := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, budget.ErrExceeded):
		return &Error{Policy: p.name, Code: CodeBudget, Err: last}
	case outer.Err() != nil && last != nil && !errors.Is(last, outer.Err()):
		return fmt.Errorf("%w: the last attempt: %w", context.Cause(outer), last)
	case outer.Err() == nil && errors.Is(context.Cause(ctx), ErrTimeout) && (!isOwn || own.Code != CodeTimeout):
		return &Error{Policy: p.name, Code: CodeTimeout, Err: last}
	case isOwn && refused(own) && own.Err == nil && last != nil:
		return &Error{Policy: own.Policy, Code: own.Code, After: own.After, Err: last}
	}
	return err
}

// attempt makes the call once, if the gate lets it in.
func (p *Policy[T]) attempt(ctx context.Context, call func(context.Context) (T, error), last *failure, k kind) (value T, err error) {
	entered, err := p.gate.enter(ctx)
	if err != nil {
		return value, err
	}
	p.meters.attempt(ctx, k)
	caller := ctx
	err = errUnfinished // what a call that panics leaves behind
	defer func() { entered.leave(err, caller.Err() != nil && !errors.Is(context.Cause(caller), ErrTimeout)) }()
	if p.hedged {
		defer func() {
			if v := recover(); v != nil {
				err = Permanent(&panicError{value: v, stack: debug.Stack()})
			}
		}()
	}
	if p.attempts > 0 {
		ending, cancel := context.WithTimeoutCause(ctx, p.attempts, ErrTimeout)
		defer cancel()
		ctx = ending
	}
	if value, err = call(ctx); err != nil {
		if caller.Err() == nil && errors.Is(context.Cause(ctx), ErrTimeout) {
			err = &Error{Policy: p.name, Code: CodeTimeout, Err: err}
		}
		last.set(err)
	}
	return value, err
}

var errUnfinished = errors.New("resilience: the call did not return")

// panicError carries a panic of a hedged call to its caller.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// failure is how the last attempt failed. Hedges fail at once.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failure) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
