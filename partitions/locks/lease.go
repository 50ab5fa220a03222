package locks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/resilience"
)

// Lease is names that are held until [Lease.Release] or until it is lost. It is safe for concurrent use.
type Lease struct {
	m       *Manager
	claim   *claim
	token   int64
	granted time.Time
	lost    chan struct{}

	// What follows is guarded by the manager's mutex.
	err     error
	cancels []context.CancelCauseFunc
	release *posting
}

// Token is the fencing token: the offset of the record that decided. For each name it is larger than that of every
// holder before, as long as the topic is not deleted. An outside system that refuses smaller ones than it has seen
// cannot be harmed by a holder that was paused: WHERE token <= $1.
func (l *Lease) Token() int64 { return l.token }

// Names are what is held, as they were acquired.
func (l *Lease) Names() []string { return slices.Clone(l.claim.names) }

// Lost is closed when the lease can no longer be relied on, also by [Lease.Release]; [Lease.Err] says why. While the
// process runs, that is at least the margin before anybody else can hold the names, less what the clocks drift.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Err is nil while the lease can be relied on at this moment by this process's clock, and else matches [ErrLost],
// [ErrReleased] or [ErrStopped].
func (l *Lease) Err() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.err == nil && !time.Now().Before(l.claim.tenure.until) {
		l.m.lapse("the log was not heard of in time")
	}
	return l.err
}

// Context returns a context that ends with ctx and with the lease, whose [Lease.Err] is its cause then. An acquire
// with it refuses the names that this lease holds.
func (l *Lease) Context(ctx context.Context) context.Context {
	outer, _ := ctx.Value(leaseKey{}).(*within)
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, leaseKey{}, &within{l, outer}))
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.err != nil {
		cancel(l.err)
	} else {
		l.cancels = append(l.cancels, cancel)
	}
	return ctx
}

type leaseKey struct{}

// within are the leases of a context, from the inside.
type within struct {
	lease *Lease
	outer *within
}

// Release gives the names back and waits until the log has it. The lease ends at once; the names are free when the
// log has the record. A lease that was lost before gives an error that matches [ErrLost]; releasing it is of use
// nevertheless, since others need not wait for it then. When ctx ends first, the error's class is indefinite, and the
// release is still sent. Releasing twice is releasing once.
func (l *Lease) Release(ctx context.Context) error {
	m := l.m
	m.mu.Lock()
	lost := errors.Is(l.err, ErrLost)
	if l.release == nil {
		m.meters.held(time.Since(l.granted))
		l.end(ErrReleased)
		l.release = m.withdraw(l.claim)
	}
	sent := l.release
	m.mu.Unlock()
	if lost {
		return fmt.Errorf("locks: release: %w", ErrLost)
	}
	select {
	case <-sent.written:
		return nil
	case <-m.ended:
		return fmt.Errorf("locks: release: %w", resilience.Indefinite(ErrStopped))
	case <-ctx.Done():
		return fmt.Errorf("locks: release: %w", resilience.Indefinite(context.Cause(ctx)))
	}
}

// end closes what tells about the lease. The manager's mutex is held.
func (l *Lease) end(err error) {
	if l.err != nil {
		return
	}
	l.err = err
	close(l.lost)
	for _, cancel := range l.cancels {
		cancel(err)
	}
	l.cancels = nil
}
