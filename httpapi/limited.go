package httpapi

import (
	"context"
	"sync"
	"time"
)

// limited is the context of a request that has a [Timeout], which can be lifted. When its time is over it ends as any context with a deadline, and so
// does what is made of it: with the error context.DeadlineExceeded, and the cause errTimeout. Nothing waits for the time before somebody waits for
// the context.
type limited struct {
	context.Context //nolint:containedctx // the request's without the limit

	until time.Time

	mu     sync.Mutex
	lifted bool
	over   bool            // the handler has returned
	clock  *clock          // nil while nobody waits
	inner  context.Context //nolint:containedctx // made of the clock by package context, so that what is made of it needs no goroutine
	cancel context.CancelFunc
}

type limitedKey struct{}

// limit begins a request's time.
func limit(whole context.Context, most time.Duration) *limited {
	return &limited{Context: whole, until: time.Now().Add(most)}
}

// begin lets the clock run.
func (l *limited) begin() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inner != nil {
		return l.inner
	}
	l.clock = &clock{Context: l.Context, done: make(chan struct{})}
	l.inner, l.cancel = context.WithCancel(l.clock)
	l.clock.run(l.until, l.lifted)
	if l.over {
		l.cancel()
		l.clock.end(context.Canceled, nil)
	}
	return l.inner
}

// lift ends the limit, and is false where it was too late.
func (l *limited) lift() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.lifted {
		l.lifted = l.clock == nil && time.Now().Before(l.until) || l.clock != nil && l.clock.timer.Stop()
	}
	return l.lifted
}

// end is called when the handler has returned.
func (l *limited) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.clock != nil {
		l.cancel()
		l.clock.end(context.Canceled, nil)
	}
}

// Deadline is the request's own when the limit is lifted.
func (l *limited) Deadline() (time.Time, bool) {
	whole, has := l.Context.Deadline()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lifted || has && whole.Before(l.until) {
		return whole, has
	}
	return l.until, true
}

func (l *limited) Done() <-chan struct{} { return l.begin().Done() }

func (l *limited) Err() error {
	l.mu.Lock()
	waits := l.clock != nil || l.over || !l.lifted && !time.Now().Before(l.until)
	l.mu.Unlock()
	if waits {
		return l.begin().Err()
	}
	return l.Context.Err()
}

// Value passes on what package context asks for by its own key, a *int, to know its contexts.
func (l *limited) Value(key any) any {
	switch key.(type) {
	case limitedKey:
		return l
	case *int:
		return l.begin().Value(key)
	}
	return l.Context.Value(key)
}

// clock ends with the request's own context, or when the time is over.
type clock struct {
	context.Context //nolint:containedctx // the request's without the limit

	timer *time.Timer
	leave func() bool // ends the watch of the request's own context
	done  chan struct{}

	mu    sync.Mutex
	err   error
	late  context.Context //nolint:containedctx // has the cause when the time is over
	below func()          // ends the context that is made of it
}

func (c *clock) run(until time.Time, lifted bool) {
	left := time.Until(until)
	if !lifted && left <= 0 {
		c.timer, c.leave = time.NewTimer(0), func() bool { return true }
		c.end(context.DeadlineExceeded, errTimeout)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timer = time.AfterFunc(left, func() { c.end(context.DeadlineExceeded, errTimeout) })
	if lifted {
		c.timer.Stop()
	}
	c.leave = context.AfterFunc(c.Context, func() { c.end(c.Context.Err(), nil) })
}

// end ends it, once. Without a cause that is the request's own.
func (c *clock) end(err, cause error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	if c.err = err; cause != nil {
		late, cancel := context.WithCancelCause(context.WithoutCancel(c.Context))
		cancel(cause)
		c.late = late
	}
	below := c.below
	c.mu.Unlock()
	close(c.done)
	c.timer.Stop()
	c.leave()
	if below != nil {
		below()
	}
}

func (c *clock) Done() <-chan struct{} { return c.done }

func (c *clock) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// AfterFunc is how package context hears of the end for the one context that is made of it.
func (c *clock) AfterFunc(run func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.below = run
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.below = nil
		return c.err == nil
	}
}

func (c *clock) Value(key any) any {
	c.mu.Lock()
	late := c.late
	c.mu.Unlock()
	if late != nil {
		return late.Value(key)
	}
	return c.Context.Value(key)
}
