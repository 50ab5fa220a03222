package sagas

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/millrace/millrace/resilience"
)

// Played is what a flow does with a history.
type Played struct {
	// Status is Waiting when the flow asks for something, Compensating when it has failed and asks for an undo, Completed or
	// Compensated when nothing is left to do, and Parked when it does not fit the history.
	Status Status
	// Reason is why it has failed or is parked.
	Reason string
	// Result is what the flow has returned.
	Result json.RawMessage
	// Again is what the flow begins anew with: see [Again].
	Again json.RawMessage
	// Noted are entries that the flow makes itself, and that come next in the history.
	Noted []Entry
	// Asks are what the flow waits for and the history does not have.
	Asks []Ask
}

// Ask is something that a flow asks for.
type Ask struct {
	At   string
	Kind Kind
	Name string
	// After is how long a sleep takes, and how long an await waits: 0 for ever.
	After time.Duration
	// Given is what [Entry.Given] is.
	Given string
	// In is what a step is given, and Out what an undo is given beside it.
	In, Out any

	op  *op
	run *run
}

// Play says what the flow does with a history, and does nothing of it: no step is called. It is what sagas themselves work by,
// after each crash and each wait; package sagastest builds on it. A history of which parts are left out is an [ErrCut].
func (f *Flow[In, Out]) Play(ctx context.Context, h History) (Played, error) {
	if f.err != nil {
		return Played{}, f.err
	}
	if h.Cut {
		return Played{}, resilience.Permanent(fmt.Errorf("%w: %s %q cannot be played", ErrCut, f.name, h.ID))
	}
	l := loaded{
		key: rowKey(h.Tenant, h.ID), input: input{In: h.Input}, entries: h.Entries, dry: true,
		head:    head{Status: Running, Started: h.Started, Run: h.Run, Began: h.Began, Reason: h.Reason},
		journal: make(map[string]Entry, len(h.Entries)),
	}
	for _, e := range h.Entries {
		l.journal[e.At] = e
	}
	r, p := newRun(&runner{core: f.core, invoke: f.invoke}, l), &plan{}
	defer r.kill()
	if !r.advance(ctx, p) {
		return Played{}, fmt.Errorf("sagas: %s: %w", f.name, context.Cause(ctx))
	}
	played := Played{Status: Waiting, Reason: p.reason, Result: p.result, Noted: p.fresh}
	for _, o := range append(p.steps, p.arms...) {
		played.Asks = append(played.Asks, o.ask(r))
	}
	switch {
	case p.park != "":
		played.Status, played.Reason, played.Asks = Parked, p.park, nil
	case p.renew != nil:
		played.Status, played.Again = Running, p.renew.input
	case p.end != "":
		played.Status = p.end
	case p.reason != "":
		played.Status = Compensating
	}
	return played, nil
}

func (o *op) ask(r *run) Ask {
	a := Ask{At: o.at, Kind: o.kind, Name: o.name, Given: o.given, After: o.after, op: o, run: r}
	if o.in != nil {
		a.In = o.in()
	}
	if o.out != nil {
		a.Out = o.out()
	}
	return a
}

// Trial is what has come of an attempt at a step or an undo: an entry, another attempt after a time, or a saga that is parked.
// The zero value is none.
type Trial struct {
	Entry  *Entry
	Again  time.Duration
	Parked string
	tried  wait
}

// Try makes an attempt at a step or an undo, by instead where that is not nil, and decides what comes of it. last is the attempt
// before, and now the time at which it is made.
func (a Ask) Try(ctx context.Context, now time.Time, last Trial, instead func(context.Context) (json.RawMessage, error)) Trial {
	o := *a.op
	o.tried = last.tried
	if instead != nil {
		o.attempt = func(ctx context.Context) (json.RawMessage, error) {
			out, err := instead(ctx)
			if err != nil {
				return nil, err
			}
			return encoded(out, nil)
		}
	}
	got, known := a.run.attempt(ctx, ctx, &o)
	if !known {
		return Trial{Parked: "the context has ended"}
	}
	outcome := a.run.outcome(&o, got, o.since(now), now)
	switch {
	case outcome.park != "":
		return Trial{Parked: outcome.park}
	case outcome.again != nil:
		return Trial{Again: outcome.again.Due.Sub(now), tried: *outcome.again}
	}
	return Trial{Entry: &outcome.entry}
}

// Unknown says that a step may have happened in an attempt that failed.
func (t Trial) Unknown() bool { return t.tried.Unknown }
