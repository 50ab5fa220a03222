package sagastest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/sagas"
)

// Option says what happens around a flow. See [Run].
type Option interface{ applyRun(*world) }

type option func(*world)

func (f option) applyRun(w *world) { f(w) }

// Step calls do wherever the flow does the step.
func Step[In, Out any](step *sagas.Step[In, Out], do func(context.Context, In) (Out, error)) Option {
	return script(sagas.KindStep, step.Name(), func(ctx context.Context, ask sagas.Ask) (json.RawMessage, error) {
		in, fits := ask.In.(In)
		if !fits {
			return nil, errOther
		}
		out, err := do(ctx, in)
		if err != nil {
			return nil, err
		}
		return bus.JSON[Out]().Encode(out)
	})
}

// Undo calls undo wherever the step is undone.
func Undo[In, Out any](step *sagas.Step[In, Out], undo func(context.Context, In, Out) error) Option {
	return script(sagas.KindUndo, step.Name(), func(ctx context.Context, ask sagas.Ask) (json.RawMessage, error) {
		in, fits := ask.In.(In)
		out, fitsOut := ask.Out.(Out)
		if !fits || !fitsOut {
			return nil, errOther
		}
		return nil, undo(ctx, in, out)
	})
}

// Child answers for the sagas of another flow that the flow calls. An error is that of a saga which has failed.
func Child[In, Out any](flow *sagas.Flow[In, Out], answer func(In) (Out, error)) Option {
	return script(sagas.KindCall, flow.Name(), func(_ context.Context, ask sagas.Ask) (json.RawMessage, error) {
		in, fits := ask.In.(In)
		if !fits {
			return nil, errOther
		}
		out, err := answer(in)
		if err != nil {
			return nil, err
		}
		return bus.JSON[Out]().Encode(out)
	})
}

var errOther = errors.New("sagastest: another step of that name is given something else")

func script(kind sagas.Kind, name string, f func(context.Context, sagas.Ask) (json.RawMessage, error)) Option {
	return option(func(w *world) {
		if w.scripts == nil {
			w.scripts = make(map[string]func(context.Context, sagas.Ask) (json.RawMessage, error))
		}
		w.scripts[string(kind)+" "+name] = f
	})
}

// Signal lets a signal come some time after the saga's beginning.
func Signal[T any](of *sagas.Signal[T], after time.Duration, value T) Option {
	return option(func(w *world) {
		raw, err := bus.JSON[T]().Encode(value)
		if err != nil {
			w.parked = err.Error()
		}
		w.signals = append(w.signals, signal{after: after, name: of.Name(), value: raw})
	})
}

// Cancel cancels the saga some time after its beginning.
func Cancel(after time.Duration) Option {
	return option(func(w *world) { w.cancel = &after })
}

// Crashes calls each step and each undo twice, as where a node dies between the effect and its entry in the journal.
func Crashes() Option { return option(func(w *world) { w.crashes = true }) }
