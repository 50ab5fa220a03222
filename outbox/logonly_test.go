package outbox_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// TestLogOnlyIsRelayed mixes events of a table with those of the log alone, and messages that are none of theirs.
func TestLogOnlyIsRelayed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.relay(f.bus)
	order := func(n int) bus.Message { return placed().New(order{ID: "a", N: n}) }
	for _, commit := range []bool{false, true} {
		err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
			logged := outbox.In(tx, outbox.LogOnly())
			for n, writer := range []*outbox.Writer{logged, outbox.In(tx), logged, logged} {
				if err := writer.Publish(t.Context(), order(n)).Err(); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(t.Context(), `SELECT pg_logical_emit_message(true, 'other', 'x'), pg_logical_emit_message(false, 'outboxevent', 'x')`); err != nil {
				return err
			}
			if !commit {
				return errRollback
			}
			return nil
		})
		if (err == nil) != commit {
			t.Fatal(err)
		}
	}
	for n, event := range f.read(4) {
		if event.Value.N != n || string(event.Record.Key) != "a" {
			t.Errorf("event %d is %+v", n, event.Value)
		}
	}
}
