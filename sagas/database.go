package sagas

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// Ledger keeps notes of steps in a database, in the transactions of those who do them. Package postgres has one. All methods but
// Within are called within it.
type Ledger[Tx any] interface {
	// Within calls f in a transaction, and commits it when f returns no error. Where it is not known whether it was committed, the
	// error is of class indefinite.
	Within(ctx context.Context, f func(Tx) error) error
	// Note writes a note of the key and is true, or returns the one that is there. It waits for another transaction that writes a
	// note of the key.
	Note(ctx context.Context, tx Tx, key string, note Note) (was Note, first bool, err error)
	// Change changes the note of the key.
	Change(ctx context.Context, tx Tx, key string, note Note) error
}

// Note is what a [Ledger] keeps of a step.
type Note struct {
	// Undone says that the step is undone, or must not be done any more.
	Undone bool
	// Result is what the step has returned, as JSON.
	Result json.RawMessage
}

// errUndone ends a step that was undone before it began: a call of a node that was cut off.
var errUndone = errors.New("sagas: the step is undone")

// Database defines a step whose effect is in a database, and which is exactly once altogether: what do and undo write, and the note
// that they have, are one transaction. A call that comes again, also one that comes late from a node that was cut off, finds the note
// and does nothing. undo is called only for what was done. Both must do all by the transaction that they are given; when they
// return an error, nothing has happened. Everything else is as for [NewStep].
func Database[Tx, In, Out any](
	name string, ledger Ledger[Tx], do func(context.Context, Tx, In) (Out, error), undo func(context.Context, Tx, In, Out) error,
	opts ...StepOption,
) *Step[In, Out] {
	var back func(context.Context, In, Out) error
	if undo != nil {
		back = func(ctx context.Context, in In, _ Out) error { return undone(ctx, ledger, in, undo) }
	}
	var forth func(context.Context, In) (Out, error)
	if do != nil {
		forth = func(ctx context.Context, in In) (Out, error) { return done(ctx, ledger, in, do) }
	}
	s := NewStep(name, forth, back, opts...)
	if s.err == nil && ledger == nil {
		s.err = fmt.Errorf("%w: step %q: the ledger is nil", ErrDefinition, name)
	}
	return s
}

func done[Tx, In, Out any](ctx context.Context, ledger Ledger[Tx], in In, do func(context.Context, Tx, In) (Out, error)) (out Out, err error) {
	key := Key(ctx)
	err = sure(ledger.Within(ctx, func(tx Tx) error {
		var none Out
		out = none
		was, first, err := ledger.Note(ctx, tx, key, Note{})
		switch {
		case err != nil:
			return nothing(err)
		case was.Undone:
			return resilience.Permanent(errUndone)
		case !first:
			return nothing(json.Unmarshal(was.Result, &out))
		}
		if out, err = do(ctx, tx, in); err != nil {
			return nothing(err)
		}
		raw, err := encoded(json.Marshal(out))
		if err != nil {
			return resilience.Permanent(err)
		}
		return nothing(ledger.Change(ctx, tx, key, Note{Result: raw}))
	}))
	return out, err
}

func undone[Tx, In, Out any](ctx context.Context, ledger Ledger[Tx], in In, undo func(context.Context, Tx, In, Out) error) error {
	key := Key(ctx)
	return ledger.Within(ctx, func(tx Tx) error {
		was, first, err := ledger.Note(ctx, tx, key, Note{Undone: true})
		if err != nil || first || was.Undone {
			return nothing(err)
		}
		var out Out
		if err := json.Unmarshal(was.Result, &out); err != nil {
			return resilience.Permanent(err)
		}
		if err := undo(ctx, tx, in, out); err != nil {
			return nothing(err)
		}
		return nothing(ledger.Change(ctx, tx, key, Note{Undone: true}))
	})
}

// sure says of a transaction's error that nothing has happened, unless it says otherwise.
func sure(err error) error {
	if resilience.Stated(err) || resilience.ClassOf(err) == resilience.ClassIndefinite {
		return err
	}
	return resilience.Transient(err)
}

// nothing says of an error within a transaction that nothing has happened: it is rolled back.
func nothing(err error) error {
	if resilience.ClassOf(err) == resilience.ClassIndefinite {
		return resilience.Transient(err)
	}
	return err
}
