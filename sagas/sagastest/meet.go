package sagastest

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/millrace/millrace/sagas"
)

// meet lets happen what is due.
func (w *world) meet(ctx context.Context, p *pending) bool {
	ask := p.ask
	e := sagas.Entry{At: ask.At, Kind: ask.Kind, Name: ask.Name, Given: ask.Given}
	unknown := p.last.Unknown()
	switch {
	case w.cancelled && ask.Kind != sagas.KindUndo && !unknown:
		e.Failed = &sagas.Failure{Kind: sagas.FailedCancelled, Message: "the saga is cancelled"}
	case ask.Kind == sagas.KindSleep:
	case ask.Kind == sagas.KindCall:
		out, err := w.scripts[string(ask.Kind)+" "+ask.Name](ctx, ask)
		if e.Out = out; err != nil {
			e.Failed = &sagas.Failure{Kind: string(sagas.Compensated), Message: err.Error()}
		}
	case ask.Kind == sagas.KindAwait:
		if i := slices.IndexFunc(w.inbox, func(s signal) bool { return s.name == ask.Name }); i >= 0 {
			e.Out = w.inbox[i].value
			w.inbox = slices.Delete(w.inbox, i, i+1)
		} else {
			e.Failed = &sagas.Failure{Kind: sagas.FailedTimeout}
		}
	default:
		return w.try(ctx, p)
	}
	w.add(e)
	return true
}

// try makes an attempt at a step or an undo.
func (w *world) try(ctx context.Context, p *pending) bool {
	var instead func(context.Context) (json.RawMessage, error)
	if script := w.scripts[string(p.ask.Kind)+" "+p.ask.Name]; script != nil {
		instead = func(ctx context.Context) (json.RawMessage, error) { return script(ctx, p.ask) }
	}
	if w.crashes {
		p.ask.Try(ctx, w.now, p.last, instead) // nobody learns of it
	}
	p.last = p.ask.Try(ctx, w.now, p.last, instead)
	switch {
	case p.last.Parked != "":
		w.parked = p.last.Parked
		return false
	case p.last.Entry != nil:
		w.add(*p.last.Entry)
	default:
		p.due = w.now.Add(p.last.Again)
	}
	return true
}

// event is what comes from outside next, and does it. It says whether the flow may have something to meet now.
func (w *world) event() (at time.Time, do func() bool) {
	if len(w.signals) > 0 {
		at = w.began.Add(w.signals[0].after)
		do = func() bool {
			came := w.signals[0]
			w.signals, w.inbox = w.signals[1:], append(w.inbox, came)
			for _, p := range w.pending {
				if p.ask.Kind == sagas.KindAwait && p.ask.Name == came.name {
					p.due, p.ever = w.now, false
				}
			}
			return true
		}
	}
	if w.cancel != nil && (do == nil || !w.began.Add(*w.cancel).After(at)) {
		at = w.began.Add(*w.cancel)
		do = func() bool {
			w.cancel = nil
			if w.history.Reason != "" { // it is undone already
				return false
			}
			w.cancelled = true
			w.history.Reason = "cancelled: by the test"
			for _, p := range w.pending {
				if p.ask.Kind != sagas.KindUndo && !p.last.Unknown() {
					p.due, p.ever = w.now, false
				}
			}
			return true
		}
	}
	return at, do
}
