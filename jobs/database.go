package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/millrace/millrace/resilience"
)

// Ledger keeps notes of jobs in a database, in the transactions of those who do them. Package postgres has one. All methods but Within
// are called within it.
type Ledger[Tx any] interface {
	// Within calls f in a transaction, and commits it when f returns no error. Where it is not known whether it was committed, the
	// error is of class indefinite.
	Within(ctx context.Context, f func(Tx) error) error
	// Note writes a note of the key and is true, or returns the result that is noted. It waits for another transaction that writes a
	// note of the key.
	Note(ctx context.Context, tx Tx, key string) (was json.RawMessage, first bool, err error)
	// Keep notes the result of the key's job.
	Keep(ctx context.Context, tx Tx, key string, result json.RawMessage) error
}

// Database makes a kind of job whose effect is in a database, and which is exactly once altogether: what handle writes, and the note that
// the job is done, are one transaction. An attempt that comes again, also one that comes late from a node that was cut off, finds the
// note and does nothing. handle must do all by the transaction that it is given; when it returns an error, nothing has happened. Everything
// else is as for [Define].
func Database[Tx, In, Out any](
	name string, ledger Ledger[Tx], handle func(context.Context, *Attempt, Tx, In) (Out, error), opts ...Option,
) *Kind[In, Out] {
	var done func(context.Context, *Attempt, In) (Out, error)
	if handle != nil {
		done = func(ctx context.Context, a *Attempt, in In) (Out, error) { return once(ctx, a, ledger, in, handle) }
	}
	k := Define(name, done, opts...)
	if k.err == nil && ledger == nil {
		k.err = fmt.Errorf("%w: %q: the ledger is nil", ErrDefinition, name)
	}
	return k
}

func once[Tx, In, Out any](
	ctx context.Context, a *Attempt, ledger Ledger[Tx], in In, handle func(context.Context, *Attempt, Tx, In) (Out, error),
) (out Out, err error) {
	key := a.Key() + "/" + strconv.FormatInt(a.of.row.created, 36) // another job of the same id, later, has another one
	err = ledger.Within(ctx, func(tx Tx) error {
		var none Out
		out = none
		was, first, err := ledger.Note(ctx, tx, key)
		switch {
		case err != nil:
			return err
		case !first:
			return json.Unmarshal(was, &out)
		}
		if out, err = handle(ctx, a, tx, in); err != nil {
			return err
		}
		raw, err := json.Marshal(out)
		if err == nil && len(raw) > maxResult {
			err = errors.New("the result of " + strconv.Itoa(len(raw)) + " bytes is too large")
		}
		if err != nil {
			return resilience.Permanent(fmt.Errorf("what the handler has returned cannot be kept: %w", err))
		}
		return ledger.Keep(ctx, tx, key, raw)
	})
	return out, err
}
