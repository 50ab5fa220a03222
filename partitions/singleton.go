package partitions

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// singleton is a function that runs on one node of the group at a time.
type singleton struct {
	name string
	run  func(context.Context, *Lease) error
}

// Singleton runs f on one node at a time: the owner of the shard that the name hashes to. It begins once the shard is
// live there, and about a heartbeat after the group was joined.
//
// The context ends, with the cause [ErrNotOwner], before another node can begin: when the shard is to move, and when the
// trust window closes, five sixths of the session timeout after the last sign of life that the coordinator can have
// had, by the monotonic clock. f must return then: until it does, a planned move waits, and an unplanned one does not.
// A process that stands still, as under SIGSTOP or in a frozen virtual machine, cannot see the window close: what is
// written outside must be fenced by [Lease.Token].
//
// When f returns nil it is done, until the shard moves. When it returns an error or panics, that is logged and it runs
// again after a back-off of 1 second to 1 minute. It also runs again when a lease has ended and the shard has stayed.
func Singleton(name string, f func(ctx context.Context, lease *Lease) error) Option {
	return option(func(c *config) {
		c.errs = append(c.errs,
			missing(!namePattern.MatchString(name), "Singleton: the name %q must be 1 to 200 of the characters a-z A-Z 0-9 . _ -", name),
			missing(f == nil, "Singleton: the function of %q is nil", name))
		for _, other := range c.singletons {
			c.errs = append(c.errs, missing(other.name == name, "two singletons are called %q", name))
		}
		c.singletons = append(c.singletons, &singleton{name: name, run: f})
	})
}

// lead runs the singletons of a shard for as long as the shard is this node's.
func (e *engine) lead(s *shard) {
	if s.led {
		return
	}
	s.led = true
	for _, single := range e.config.singletons {
		if e.shardOf([]byte(single.name)) == s.id {
			s.start(func() { e.keep(s, single) })
		}
	}
}

func (e *engine) keep(s *shard, single *singleton) {
	backoff := resilience.RetryPolicy{Initial: time.Second, Max: time.Minute, Multiplier: 2, Jitter: 0.5}
	waited, failed := 0, 0
	for !s.gone() {
		lease, err := e.grant(s)
		if err != nil {
			waited++
			wait(s.ctx, again(waited))
			continue
		}
		waited = 0
		began := time.Now()
		err = single.call(lease)
		lapsed := lease.ctx.Err() != nil
		e.release(lease)
		switch {
		case lapsed && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, ErrNotOwner)):
			continue
		case err == nil:
			return
		case time.Since(began) > backoff.Max:
			failed = 0
		}
		failed++
		delay := backoff.Delay(failed)
		e.logger.Error("partitions: singleton failed; it runs again", "group", e.config.name, "singleton", single.name, "after", delay, "error", err)
		wait(s.ctx, delay)
	}
}

// call runs the function and turns a panic into an error.
func (single *singleton) call(lease *Lease) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &bus.PanicError{Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	return single.run(lease.ctx, lease)
}
