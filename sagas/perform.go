package sagas

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

type attemptKey struct{}

// attempted is what a step may know of its attempt.
type attempted struct {
	run     *run
	at      string
	attempt int
	fence   int64
}

// Key names what a step does, within a step and its undo: it is the same at each attempt of both, on any node, and another for
// each other step of each saga. Give it to those who do the work as idempotency key. Elsewhere it is empty.
func Key(ctx context.Context) string {
	a := attemptOf(ctx)
	if a.run == nil {
		return ""
	}
	return a.run.stepKey(a.at)
}

// Attempt is which attempt of a step or an undo this is, from 1, as far as attempts are known of. Elsewhere it is 0.
func Attempt(ctx context.Context) int { return attemptOf(ctx).attempt }

// Fence is the fencing token of the shard that makes the attempt: see [partitions.Tx.Token]. Elsewhere it is 0.
func Fence(ctx context.Context) int64 { return attemptOf(ctx).fence }

func attemptOf(ctx context.Context) attempted {
	a, _ := ctx.Value(attemptKey{}).(attempted)
	return a
}

// keySpace is what keys of steps are made in.
var keySpace = uuid.MustParse("5a6a5a0c-6f6e-4b7e-9a55-7361676173a1") //nolint:gochecknoglobals // a constant of every key

// stepKey is the key of what is done at a position. A saga that is started again under an id that was forgotten has others.
func (r *run) stepKey(at string) string {
	if r.head.Run > 0 {
		at = strconv.Itoa(r.head.Run) + "/" + at
	}
	name := r.runner.name + "/" + r.key + "/" + strconv.FormatInt(r.head.Started.UnixNano(), 36) + "/" + at
	return uuid.NewSHA1(keySpace, []byte(name)).String()
}

// result is what has come of an attempt.
type result struct {
	out    json.RawMessage
	err    error
	panics bool
}

// perform makes one attempt, and lets the run go on with what comes of it. A step of a saga that was cancelled since its row was
// looked at, so many times before, does not begin.
func (r *run) perform(ctx context.Context, o *op, warnings int) func(*partitions.Tx) error {
	kind := title(o.kind, o.name)
	may := r.runner.steps.ask(kind)
	begins, crowded := r.patient(ctx, may)
	if !begins {
		r.runner.steps.end(kind, may)
		if crowded {
			return r.wayFor(ctx, o, warnings)
		}
		return nil
	}
	if o.kind == KindStep && !o.tried.Unknown && r.warnings() != warnings {
		r.runner.steps.end(kind, may)
		return r.deliver(ctx, outcome{at: o.at, held: true})
	}
	began := time.Now()
	got, known := r.attempt(ctx, r.life, o)
	r.runner.steps.end(kind, may)
	if !known {
		return nil
	}
	return r.deliver(ctx, r.outcome(o, got, o.since(began), time.Now()))
}

// attempt calls the function of a step or an undo. It waits for it as long as its time lasts, and a little longer; and not at
// all once the shard has gone or life has ended, when it knows nothing.
func (r *run) attempt(ctx, life context.Context, o *op) (got result, known bool) {
	at, _ := cutUndo(o.at)
	info := r.input.Request
	info.Tenant, _ = parseKey(r.key)
	info.Shard = r.shard
	inner := request.With(context.WithValue(ctx, attemptKey{}, attempted{run: r, at: at, attempt: o.tried.Attempt + 1, fence: r.token}), info)
	var cancel context.CancelFunc
	if o.timeout > 0 {
		inner, cancel = context.WithTimeout(inner, o.timeout)
	} else {
		inner, cancel = context.WithCancel(inner)
	}
	defer cancel()
	defer context.AfterFunc(life, cancel)()
	over := func() bool { return ctx.Err() != nil || life.Err() != nil }
	inner, done := r.span(inner, o)
	defer func() { done(got, known) }()
	ended := make(chan result, 1)
	go func() {
		var got result
		defer func() {
			if v := recover(); v != nil {
				got = result{panics: true, err: fmt.Errorf("%s panicked: %s", title(o.kind, o.name), clip(fmt.Sprint(v)))}
				r.runner.logger().ErrorContext(ctx, "sagas: a step panicked", "flow", r.runner.name, "step", o.name, "stack", string(debug.Stack()))
			}
			ended <- got
		}()
		returned := false
		defer func() {
			if !returned {
				got = result{panics: true, err: errors.New(r.left(title(o.kind, o.name)))}
			}
		}()
		out, err := o.attempt(inner)
		got, returned = result{out: out, err: err}, true
	}()
	select {
	case got = <-ended:
		return got, got.err == nil || !over()
	case <-inner.Done():
	}
	if over() {
		return got, false
	}
	timer := time.NewTimer(overtime)
	defer timer.Stop()
	select {
	case got = <-ended:
		return got, true
	case <-ctx.Done():
		return got, false
	case <-life.Done():
		return got, false
	case <-timer.C:
		return result{err: resilience.Indefinite(fmt.Errorf("it goes on after its time of %s", o.timeout))}, true
	}
}

// overtime is how long an attempt whose time is over is waited for.
const overtime = time.Second

// outcome decides what comes of an attempt: a result, a failure, another attempt, or somebody who has to look.
func (r *run) outcome(o *op, got result, since, now time.Time) outcome {
	done := outcome{at: o.at, fresh: true, entry: Entry{At: o.at, Kind: o.kind, Name: o.name, Given: o.given, Out: got.out, When: now}}
	if got.err == nil {
		return done
	}
	attempt := o.tried.Attempt + 1
	lost, _ := errors.AsType[*lostError](got.err)
	unknown := o.tried.Unknown || lost != nil || !resilience.Stated(got.err) || resilience.ClassOf(got.err) == resilience.ClassIndefinite
	again := o.retry.Again(attempt, got.err) && lost == nil
	delay := o.retry.Delay(attempt)
	if o.retry.Elapsed > 0 && now.Add(delay).Sub(since) > o.retry.Elapsed {
		again = false
	}
	switch {
	case got.panics:
		return outcome{at: o.at, park: got.err.Error()}
	case again:
		return outcome{at: o.at, again: &wait{
			At: o.at, Kind: o.kind, Name: o.name, Given: o.given, Due: now.Add(delay), Attempt: attempt, Unknown: unknown, Since: since,
		}}
	case o.kind == KindUndo:
		return outcome{at: o.at, park: fmt.Sprintf("the undo of step %s failed after %d attempts: %s", o.name, attempt, clip(got.err.Error()))}
	}
	failed := &Failure{Message: clip(got.err.Error()), Attempts: attempt, Unknown: unknown}
	if lost != nil {
		failed.Kind = lost.kind
	}
	done.entry.Out, done.entry.Failed = nil, failed
	return done
}
