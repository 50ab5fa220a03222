package bus

import (
	"context"
	"sync"
	"time"
)

// attempt is the context of one call of a handler. It has a deadline from the start, but neither timer nor channel
// before somebody asks for them: most handlers are done before they would.
type attempt struct {
	parent   context.Context //nolint:containedctx // it is a context itself
	deadline time.Time
	record   *Record
	group    string
	number   int

	mu     sync.Mutex
	timed  context.Context //nolint:containedctx // what parent becomes once its end is waited for
	cancel context.CancelFunc
	over   bool
}

func newAttempt(parent context.Context, limit time.Duration, d *delivery, group string, number int) *attempt {
	a := &attempt{parent: parent, deadline: time.Now().Add(limit), record: &d.record, group: group, number: number}
	if earlier, ok := parent.Deadline(); ok && earlier.Before(a.deadline) {
		a.deadline = earlier
	}
	return a
}

func (a *attempt) Deadline() (time.Time, bool) { return a.deadline, true }

func (a *attempt) Done() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.time().Done()
}

func (a *attempt) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timed == nil && !a.over && a.parent.Err() == nil && time.Now().Before(a.deadline) {
		return nil
	}
	return a.time().Err()
}

// Value knows the delivery. What package context looks for, to attach children and to find causes, is in timed.
func (a *attempt) Value(key any) any {
	if _, ours := key.(deliveryKey); ours {
		return Delivered{Record: *a.record, Group: a.group, Attempt: a.number}
	}
	a.mu.Lock()
	in := a.timed
	a.mu.Unlock()
	if in == nil {
		in = a.parent
	}
	return in.Value(key)
}

// time makes the timer; the lock is held.
func (a *attempt) time() context.Context {
	if a.timed == nil {
		a.timed, a.cancel = context.WithDeadline(a.parent, a.deadline)
		if a.over {
			a.cancel()
		}
	}
	return a.timed
}

// end is called when the handler has returned.
func (a *attempt) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	if a.cancel != nil {
		a.cancel()
	}
}
