package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/resilience"
)

// Deduper remembers which events were handled: absent, then running under an owner's lease, then done.
// Package cache has one on Redis.
type Deduper interface {
	// Claim moves key from absent to running. won: run it. done: it was handled. Neither: another owner runs it now.
	Claim(ctx context.Context, key, owner string, lease time.Duration) (won, done bool, err error)
	// Extend renews a running owner's lease; held is false when it was lost.
	Extend(ctx context.Context, key, owner string, lease time.Duration) (held bool, err error)
	// Done moves key from running to done for the retention.
	Done(ctx context.Context, key, owner string, retention time.Duration) (held bool, err error)
	// Release moves key back to absent.
	Release(ctx context.Context, key, owner string) error
}

// OnceOption changes [Once].
type OnceOption interface{ applyOnce(*once) }

type onceOption func(*once)

func (f onceOption) applyOnce(o *once) { f(o) }

// Lease is how long a runner that has died holds an event back, at least 1 second. A running handler renews it.
// The default is 30 seconds.
func Lease(d time.Duration) OnceOption { return onceOption(func(o *once) { o.lease = d }) }

// Remember is for how long a handled event is not handled again. The default is 7 days.
func Remember(d time.Duration) OnceOption { return onceOption(func(o *once) { o.retention = d }) }

type once struct {
	deduper          Deduper
	lease, retention time.Duration
}

// Once handles an event that was published or delivered more than once only once for the group, by its id. While the
// deduper does not answer, events wait: none is handled unchecked. A handler that dies half-way is run again when its
// lease ends, and so is one whose completion could not be noted for as long as the lease lasts.
func Once(deduper Deduper, opts ...OnceOption) HandlerOption {
	o := &once{deduper: deduper, lease: 30 * time.Second, retention: 7 * 24 * time.Hour}
	for _, opt := range opts {
		opt.applyOnce(o)
	}
	return handlerOption(func(h *handler) { h.once = o })
}

func (o *once) check() error {
	if o.deduper == nil {
		return errors.New("the deduper is nil")
	}
	if o.lease < time.Second || o.retention < o.lease {
		return fmt.Errorf("once needs 1s <= lease %s <= retention %s", o.lease, o.retention)
	}
	return nil
}

// errBusy: the event cannot be checked or is being handled elsewhere. It is no attempt.
var errBusy = errors.New("bus: event is handled elsewhere or cannot be checked")

// run calls handle unless the event was handled. It returns an error that matches errBusy when it must wait.
func (o *once) run(ctx context.Context, key string, handle func(context.Context) error) error {
	owner := uuid.NewString()
	won, done, err := o.deduper.Claim(ctx, key, owner, o.lease)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errBusy, err)
	case done:
		return nil
	case !won:
		return errBusy
	}
	failed := o.hold(ctx, key, owner, handle)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.lease)
	defer cancel()
	if failed != nil {
		return errors.Join(failed, o.deduper.Release(ctx, key, owner))
	}
	return resilience.Do(ctx, doneRetry(), func(ctx context.Context) error {
		if _, err := o.deduper.Done(ctx, key, owner, o.retention); err != nil {
			return fmt.Errorf("%w: it was handled, but that could not be noted: %w", errBusy, err)
		}
		return nil
	})
}

// doneRetry goes on until the lease ends: an event that was handled must be noted as such.
func doneRetry() resilience.RetryPolicy {
	return resilience.RetryPolicy{Attempts: 1 << 20, Initial: 50 * time.Millisecond, Max: time.Second, Multiplier: 2}
}

// hold renews the lease while handle runs, and ends its context when the lease is lost.
func (o *once) hold(ctx context.Context, key, owner string, handle func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var renewer sync.WaitGroup
	defer renewer.Wait()
	defer cancel(nil)
	renewer.Go(func() {
		ticker := time.NewTicker(o.lease / 3)
		defer ticker.Stop()
		renewed := time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			held, err := o.deduper.Extend(ctx, key, owner, o.lease)
			switch {
			case err == nil && held:
				renewed = time.Now()
			case err == nil || time.Since(renewed) > o.lease*2/3:
				cancel(fmt.Errorf("%w: the lease was lost", errBusy))
				return
			}
		}
	})
	return handle(ctx)
}
