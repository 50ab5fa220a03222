package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/millrace/millrace/request"
)

// hire begins with one more worker, where there is work for it.
func (n *Runner) hire() {
	if n.active < n.limits.workers && n.active < n.fair.queued+n.working() {
		n.active++
		go n.work()
	}
}

// working is how many workers are in a handler that counts.
func (n *Runner) working() int { return n.limits.memory - n.fair.queued }

// work makes one attempt after the other, as long as there are any.
func (n *Runner) work() {
	for {
		n.mu.Lock()
		a := n.fair.next()
		if a == nil {
			n.active--
			n.mu.Unlock()
			return
		}
		ctx := a.begin()
		n.mu.Unlock()
		if !n.perform(ctx, a) {
			return
		}
	}
}

// begin makes the attempt's context, which may end from now on.
func (a *attempt) begin() context.Context {
	k := a.kind
	a.begun = time.Now()
	a.desk.begun++
	tenant, _ := parseKey(a.row.key)
	ctx := request.With(context.Background(), request.Info{
		Tenant: tenant, Principal: request.Principal(a.row.principal), Roles: request.Roles(a.row.roles), Session: a.row.session,
		ID: a.row.request, Locale: a.row.locale,
		Shard: a.desk.place,
	})
	ctx, a.cancel = context.WithCancelCause(ctx)
	if k.timeout > 0 {
		a.timer = time.AfterFunc(k.timeout, func() { a.expire(ErrTimeout) })
		ctx = deadline{ctx, a.begun.Add(k.timeout)}
	}
	if k.heartbeat > 0 {
		a.beat = time.AfterFunc(k.heartbeat, func() { a.expire(ErrHeartbeat) })
	}
	return ctx
}

// deadline is a context that says when it will end, to those whom the handler calls.
type deadline struct {
	context.Context //nolint:containedctx // it is one

	at time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.at, true }

// perform calls the handler, and is false where its goroutine is of no more use.
func (n *Runner) perform(ctx context.Context, a *attempt) (goes bool) {
	var out []byte
	err := errors.New("the handler has ended its goroutine")
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the handler panicked: %v", v)
			n.logger().ErrorContext(ctx, "jobs: a handler panicked", "queue", n.queue, "kind", a.kind.name, "job", a.row.key,
				"attempt", a.row.attempts, "stack", string(debug.Stack()))
			goes = true
		}
		stays := n.ended(a, out, err) //nolint:contextcheck // what it writes has its transaction's
		if goes && stays {
			return
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		if stays { // its place is free, and it is not
			n.active--
			n.hire() //nolint:contextcheck // another worker
		}
		goes = false
	}()
	ctx, done := n.span(ctx, a)
	out, err = a.kind.invoke(ctx, &Attempt{a}, a.row.args)
	done(err)
	return true
}

// ended notes that the handler has returned. It is false where another worker has the place of this one.
func (n *Runner) ended(a *attempt, out []byte, err error) bool {
	now := time.Now()
	n.mu.Lock()
	defer n.mu.Unlock()
	a.desk.begun--
	a.stop()
	if a.trial != nil {
		a.trial.err, a.trial.late = err, a.over
	}
	n.quiet.Broadcast()
	if a.over {
		n.stuck--
		return !a.replaced
	}
	n.finish(a, out, err, now)
	return true
}

// finish takes an attempt that has begun out of the memory, and lets what has come of it be written.
func (n *Runner) finish(a *attempt, out []byte, err error, now time.Time) {
	a.over = true
	wall := n.wall()
	a.outcome = a.judge(out, err, wall)
	if a.trial != nil {
		a.trial.ended = wall
	}
	n.limits.count(now)
	n.fair.ended(a.kind)
	n.forget(a)
	n.note(a)
	n.refill()
}

// note lets the end of an attempt be written, together with others that end meanwhile.
func (n *Runner) note(a *attempt) {
	d := a.desk
	if d.closed {
		n.clear(a)
		return
	}
	a.weigh()
	n.limits.ends += a.weight
	d.ended = append(d.ended, a)
	n.flush(d)
}

// stop ends the attempt's timers and its context.
func (a *attempt) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	if a.beat != nil {
		a.beat.Stop()
	}
	a.cancel(nil)
}

// interrupt ends the attempt's context. A handler that does not return soon after that is given up.
func (a *attempt) interrupt(cause error) {
	if a.over || a.cause != nil {
		return
	}
	a.cause = cause
	a.cancel(cause)
	if a.timer != nil {
		a.timer.Stop()
	}
	a.timer = time.AfterFunc(overtime, func() { a.desk.runner.abandon(a) })
}

func (a *attempt) expire(cause error) {
	n := a.desk.runner
	n.mu.Lock()
	defer n.mu.Unlock()
	a.interrupt(cause)
}

// abandon gives an attempt up whose handler goes on although its context has ended. Its place is for another one, as long as there are
// not as many handlers of that kind as workers.
func (n *Runner) abandon(a *attempt) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if a.over {
		return
	}
	n.logger().Error("jobs: a handler goes on after its context has ended, and is given up", "queue", n.queue, "kind", a.kind.name,
		"job", a.row.key, "attempt", a.row.attempts, "cause", a.cause)
	n.stuck++
	n.finish(a, nil, a.cause, time.Now())
	if n.stuck <= n.limits.workers {
		a.replaced = true
		n.active--
		n.hire()
	}
}
