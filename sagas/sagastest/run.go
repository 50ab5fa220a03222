package sagastest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/sagas"
)

// Outcome is what has become of a flow.
type Outcome[Out any] struct {
	// Status is Completed, Compensated or Parked; or Waiting where the flow waits for a signal that does not come.
	Status sagas.Status
	// Reason is why it has not completed.
	Reason string
	// Result is what the flow has returned.
	Result Out
	// Took is how long it took on the flow's clock: steps take no time.
	Took time.Duration
	// Log has a line for each entry of the journal, in their order.
	Log []string
	// History is all of the saga: keep it, and let later versions [Replay] it.
	History sagas.History
}

// began is when sagas of tests begin.
var began = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// maxEntries is how long a flow may go on.
const maxEntries = 10_000

// Run runs a flow to its end. Steps without a [Step] of the test are called as they are.
func Run[In, Out any](t testing.TB, flow *sagas.Flow[In, Out], in In, opts ...Option) Outcome[Out] {
	t.Helper()
	input, err := bus.JSON[In]().Encode(in)
	if err != nil {
		t.Fatalf("sagastest: the input cannot be encoded: %v", err)
	}
	return Continue(t, flow, sagas.History{Flow: flow.Name(), ID: "test", Status: sagas.Running, Started: began, Input: input}, opts...)
}

// Continue runs a flow to its end from where a saga is, as one that an earlier version of the flow has begun.
func Continue[In, Out any](t testing.TB, flow *sagas.Flow[In, Out], h sagas.History, opts ...Option) Outcome[Out] {
	t.Helper()
	w := &world{began: h.Started, now: h.Started, pending: make(map[string]*pending), history: h}
	for _, e := range h.Entries {
		if e.When.After(w.now) {
			w.now = e.When
		}
	}
	for _, opt := range opts {
		opt.applyRun(w)
	}
	slices.SortStableFunc(w.signals, func(a, b signal) int { return cmp.Compare(a.after, b.after) })
	for range maxEntries {
		played, err := flow.Play(t.Context(), w.history)
		if err != nil {
			t.Fatalf("sagastest: %v", err)
		}
		w.reason(played)
		w.history.Add(played.Noted...)
		if played.Again != nil {
			w.history.Input, w.history.Entries, w.pending = played.Again, nil, nil
			w.history.Run, w.history.Began = w.history.Run+1, w.now
			continue
		}
		if !w.step(t.Context(), played) {
			return finish[Out](t, w, played)
		}
	}
	t.Fatalf("sagastest: the flow has no end: %d entries", len(w.history.Entries))
	return Outcome[Out]{}
}

func finish[Out any](t testing.TB, w *world, played sagas.Played) Outcome[Out] {
	t.Helper()
	if w.parked != "" {
		played.Status, played.Reason = sagas.Parked, w.parked
	}
	w.history.Status, w.history.Reason, w.history.Result = played.Status, played.Reason, played.Result
	out := Outcome[Out]{Status: played.Status, Reason: played.Reason, Took: w.now.Sub(w.began), Log: w.log, History: w.history}
	if played.Status == sagas.Parked && w.parked == "" {
		t.Errorf("sagastest: %s", played.Reason)
	}
	if played.Status == sagas.Completed {
		var err error
		if out.Result, err = bus.JSON[Out]().Decode(played.Result); err != nil {
			t.Fatalf("sagastest: the result cannot be read: %v", err)
		}
	}
	return out
}

// world is what there is around a flow.
type world struct {
	began   time.Time
	now     time.Time
	history sagas.History
	log     []string
	scripts map[string]func(context.Context, sagas.Ask) (json.RawMessage, error)
	signals []signal
	cancel  *time.Duration
	crashes bool
	parked  string

	cancelled bool
	inbox     []signal
	pending   map[string]*pending
}

type signal struct {
	after time.Duration
	name  string
	value json.RawMessage
}

// pending is what the flow waits for.
type pending struct {
	ask  sagas.Ask
	due  time.Time
	ever bool // it has no end
	last sagas.Trial
}

// reason keeps why the saga has failed, as its row does.
func (w *world) reason(played sagas.Played) {
	if played.Status == sagas.Compensating && w.history.Reason == "" {
		w.history.Reason = played.Reason
	}
}

// step lets one thing happen, and is false when there is nothing more.
func (w *world) step(ctx context.Context, played sagas.Played) bool {
	if played.Status == sagas.Parked || played.Status.Ended() {
		return false
	}
	w.arm(played.Asks)
	for {
		if p := w.next(); p != nil && !p.due.After(w.now) {
			return w.meet(ctx, p)
		}
		at, what := w.event()
		p := w.next()
		switch {
		case what != nil && (p == nil || !at.After(p.due)):
			w.now = at
			if what() {
				return true
			}
		case p != nil:
			w.now = p.due
		default:
			return false
		}
	}
}

// arm takes over what the flow waits for. What it waited for before keeps its time.
func (w *world) arm(asks []sagas.Ask) {
	were := w.pending
	w.pending = make(map[string]*pending, len(asks))
	for _, ask := range asks {
		p := &pending{ask: ask, due: w.now}
		if old := were[ask.At]; old != nil {
			old.ask, p = ask, old
		} else if ask.Kind == sagas.KindSleep || ask.Kind == sagas.KindAwait {
			p.due, p.ever = w.now.Add(ask.After), ask.Kind == sagas.KindAwait && ask.After == 0
		} else if ask.Kind == sagas.KindCall {
			p.ever = w.scripts[string(ask.Kind)+" "+ask.Name] == nil
		}
		if i := slices.IndexFunc(w.inbox, func(s signal) bool { return ask.Kind == sagas.KindAwait && s.name == ask.Name }); i >= 0 {
			p.due, p.ever = w.now, false
		}
		w.pending[ask.At] = p
	}
}

// next is what is due first.
func (w *world) next() (first *pending) {
	for _, p := range w.pending {
		if !p.ever && (first == nil || p.due.Before(first.due) || p.due.Equal(first.due) && p.ask.At < first.ask.At) {
			first = p
		}
	}
	return first
}

func (w *world) add(e sagas.Entry) {
	e.When = w.now
	w.history.Add(e)
	line := fmt.Sprintf("%s %s %s", w.now.Sub(w.began), e.Kind, e.Name)
	if e.Name == "" {
		line = fmt.Sprintf("%s %s", w.now.Sub(w.began), e.Kind)
	}
	if e.Failed != nil {
		line += ": " + cmp.Or(e.Failed.Message, e.Failed.Kind)
	}
	w.log = append(w.log, line)
}
