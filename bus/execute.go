package bus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

const busyWait = time.Second

// unreadWait is how long an event waits that cannot be read now: an attempt holds a worker, and there may be many such events.
func unreadWait(times int) time.Duration {
	return resilience.RetryPolicy{Initial: time.Second, Max: time.Minute, Multiplier: 2, Jitter: 0.5}.Delay(times)
}

// errUnread: the event cannot be read now, since what its codec needs is away. It is no attempt.
var errUnread = errors.New("bus: event cannot be read now")

var errUnhandled = errors.New("the group no longer handles this type")

// execute makes one attempt at a delivery. It is finished when the event was handled or is safe elsewhere; otherwise
// the next attempt is due after wait.
func (e *engine) execute(ctx context.Context, d *delivery) (wait time.Duration, finished bool) {
	e.look(d)
	h := d.handler
	history := d.history()
	if !history.due.IsZero() {
		if due := time.Until(history.due); due > 0 {
			return due, false
		}
	}
	leave, err := e.sub.enter(ctx)
	if err != nil {
		return 0, false
	}
	defer leave()
	if h == nil {
		return e.store(ctx, d, deadLetter(e.sub.group, d, history, ReasonUnhandled, errUnhandled), "dead letter", errUnhandled)
	}
	d.attempt++
	err = e.attempt(ctx, h, d, history)
	if context.Cause(ctx) != nil && err != nil {
		return 0, false
	}
	switch {
	case err == nil:
		return 0, true
	case errors.Is(err, errBusy):
		d.attempt--
		return busyWait, false
	case errors.Is(err, errUnread):
		d.attempt--
		d.unread++
		wait := unreadWait(d.unread)
		e.bus.config.logger.WarnContext(ctx, "event cannot be read now; trying again", append(e.describe(d, err), "in", wait)...)
		return wait, false
	case errors.Is(err, ErrDecode):
		return e.store(ctx, d, deadLetter(e.sub.group, d, history, ReasonUndecodable, err), "dead letter", err)
	case h.retry.Again(d.attempt, err):
		e.meters.retried(ctx, h.contract.name)
		return h.retry.Delay(d.attempt), false
	case e.sub.broadcast:
		e.bus.config.logger.ErrorContext(ctx, "event given up", e.describe(d, err)...)
		return 0, true
	case resilience.ClassOf(err) != resilience.ClassPermanent && history.round < len(h.later):
		return e.store(ctx, d, laterRecord(e.sub.group, d, history, h.later[history.round], err), "retry later", err)
	}
	return e.store(ctx, d, deadLetter(e.sub.group, d, history, reasonOf(err), err), "dead letter", err)
}

// store writes a delivery to one of the group's own topics, and waits as long as that fails.
func (e *engine) store(ctx context.Context, d *delivery, record Record, what string, cause error) (time.Duration, bool) {
	if err := e.bus.Publish(ctx, record.Message()).Err(); err != nil {
		e.bus.config.logger.WarnContext(ctx, "event cannot be stored; trying again", append(e.describe(d, err), "as", what)...)
		return busyWait, false
	}
	e.meters.stored(ctx, d.record.Type(), what)
	e.bus.config.logger.WarnContext(ctx, "event failed", append(e.describe(d, cause), "as", what)...)
	return 0, true
}

func (e *engine) describe(d *delivery, err error) []any {
	return []any{
		"group", e.sub.group, "type", d.record.Type(), "id", d.record.ID(), "topic", d.record.Topic,
		"partition", d.record.Partition, "offset", d.record.Offset, "attempt", d.attempt, "error", err,
	}
}

// attempt calls the handler once, within its timeout, its span and its deduplication.
func (e *engine) attempt(ctx context.Context, h *handler, d *delivery, history history) (err error) {
	if d.asked {
		if carried, _, err := request.Kafka().Extract(ctx, (*headerCarrier)(&d.record.Headers)); err == nil {
			ctx = carried
		}
	}
	limited := newAttempt(ctx, h.timeout, d, e.sub.group, history.attempts+d.attempt)
	defer limited.end()
	ctx = limited
	if e.bus.config.observed {
		var end func(error)
		ctx, end = e.meters.begin(ctx, d.record)
		defer func() { end(err) }()
	}
	if h.once == nil {
		return h.call(ctx, d.record) //nolint:contextcheck // limited is made of ctx
	}
	key := e.sub.group + "/" + identity(d.record, history)
	return h.once.run(ctx, key, func(ctx context.Context) error { //nolint:contextcheck // limited is made of ctx
		return h.call(ctx, d.record)
	})
}

// call runs the handler. A panic is an error like others.
func (h *handler) call(ctx context.Context, r Record) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: fmt.Sprint(v), Stack: string(debug.Stack())}
		}
	}()
	return h.invoke(ctx, r)
}

// identity is what an event is deduplicated by: its source and id, or its first position where it has no id.
func identity(r Record, h history) string {
	if id := r.ID(); id != "" {
		return r.Source() + "#" + id
	}
	return string(h.topic) + "/" + strconv.Itoa(int(h.partition)) + "@" + strconv.FormatInt(h.offset, 10)
}
