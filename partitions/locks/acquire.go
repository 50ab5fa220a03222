package locks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// AcquireOption changes one acquire. See [Manager.With].
type AcquireOption interface{ applyAcquire(*Acquirer) }

type acquireOption func(*Acquirer)

func (f acquireOption) applyAcquire(a *Acquirer) { f(a) }

// NoWait refuses with [ErrBusy] what somebody else holds or waits for.
func NoWait() AcquireOption { return Ahead(0) }

// Ahead refuses with [ErrBusy] when more than n requests, the holder's included, are ahead on one of the names.
func Ahead(n int) AcquireOption { return acquireOption(func(a *Acquirer) { a.ahead = n }) }

// Position calls tell with how many requests are ahead, on the name where most are, when the request is queued and
// whenever that changes, by the goroutine that acquires.
func Position(tell func(ahead int)) AcquireOption {
	return acquireOption(func(a *Acquirer) { a.tell = tell })
}

// Acquirer acquires with options.
type Acquirer struct {
	m     *Manager
	ahead int
	tell  func(int)
}

// With returns what acquires with options: m.With(locks.NoWait()).Acquire(ctx, "report").
func (m *Manager) With(opts ...AcquireOption) Acquirer {
	a := Acquirer{m: m, ahead: m.settings.waiting}
	for _, opt := range opts {
		opt.applyAcquire(&a)
	}
	a.ahead = max(a.ahead, 0)
	return a
}

// Acquire waits until this process holds all the names at once, and returns the lease. Requests are served in the
// order of the log on each name; one that waits for several keeps its place on each. 1 to [MaxNames] names of 1 to
// [MaxNameBytes] bytes of UTF-8, each once, else [ErrNames].
//
// When ctx ends first, the request is withdrawn and the error is its cause. While Kafka is out of reach Acquire waits.
// A request whose session expired while it waited, since Kafka was out of reach, is made anew at the end of the queue.
//
// Locks are not reentrant: two acquires of one process wait for each other like those of two. With a context of
// [Lease.Context] that is noticed, and refused with [ErrReentrant].
func (m *Manager) Acquire(ctx context.Context, names ...string) (*Lease, error) {
	return m.With().Acquire(ctx, names...)
}

// Acquire is [Manager.Acquire] with the options.
func (a Acquirer) Acquire(ctx context.Context, names ...string) (*Lease, error) {
	m, began := a.m, time.Now()
	names = slices.Clone(names)
	if err := check(names); err != nil {
		return nil, err
	}
	if err := m.reentered(ctx, names); err != nil {
		return nil, err
	}
	for {
		lease, err := a.try(ctx, names)
		if !errors.Is(err, errAgain) {
			m.meters.waited(ctx, time.Since(began), err)
			if err != nil {
				return nil, fmt.Errorf("locks: acquire: %w", err)
			}
			return lease, nil
		}
	}
}

func (a Acquirer) try(ctx context.Context, names []string) (*Lease, error) {
	m := a.m
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-m.ended:
		return nil, ErrStopped
	case <-m.ready:
	}
	m.mu.Lock()
	if m.stopping || ctx.Err() != nil {
		defer m.mu.Unlock()
		if m.stopping {
			return nil, ErrStopped
		}
		return nil, context.Cause(ctx)
	}
	c := m.claim(names, a.ahead)
	m.mu.Unlock()
	moved := c.moved
	if a.tell == nil {
		moved = nil
	}
	for last := -1; ; {
		select {
		case <-c.decided:
			return c.lease, c.err
		case <-ctx.Done():
			m.mu.Lock()
			if c.lease != nil {
				c.lease.end(ErrReleased)
			}
			m.withdraw(c)
			m.mu.Unlock()
			return nil, context.Cause(ctx)
		case <-moved:
			if ahead, known := m.ahead(c); known && ahead != last {
				a.tell(ahead)
				last = ahead
			}
		}
	}
}

// ahead is how many are before a request, where the log has it.
func (m *Manager) ahead(c *claim) (n int, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil || m.state.sessions[c.tenure.id] == nil {
		return 0, false
	}
	r := m.state.sessions[c.tenure.id].requests[c.number]
	if r == nil {
		return 0, false
	}
	return m.state.ahead(r), true
}

func check(names []string) error {
	if len(names) == 0 || len(names) > MaxNames {
		return fmt.Errorf("%w: %d of them, which must be 1 to %d", ErrNames, len(names), MaxNames)
	}
	for i, name := range names {
		if name == "" || len(name) > MaxNameBytes || !utf8.ValidString(name) {
			return fmt.Errorf("%w: name %d must be 1 to %d bytes of UTF-8", ErrNames, i+1, MaxNameBytes)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%w: name %d is there twice", ErrNames, i+1)
		}
	}
	return nil
}

// reentered says whether a lease of the context holds one of the names.
func (m *Manager) reentered(ctx context.Context, names []string) error {
	for in, _ := ctx.Value(leaseKey{}).(*within); in != nil; in = in.outer {
		for _, name := range names {
			if in.lease.m.topic == m.topic && slices.Contains(in.lease.claim.names, name) {
				return fmt.Errorf("locks: acquire %q: %w", name, ErrReentrant)
			}
		}
	}
	return nil
}
