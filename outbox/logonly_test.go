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
	f.relay(f.bus, outbox.LogOnly())
	order := func(n int) bus.Message { return placed().New(order{ID: "a", N: n}) }
	for _, commit := range []bool{false, true} {
		err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
			logged := outbox.In(tx, outbox.LogOnly())
			for n, writer := range []*outbox.Writer{logged, outbox.In(tx), logged, logged} {
				if err := writer.Publish(t.Context(), order(n)).Err(); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(t.Context(),
				`SELECT pg_logical_emit_message(true, 'other', 'x'), pg_logical_emit_message(false, 'outboxevent', 'x')`); err != nil {
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

// TestLogOnlyOfManyPrefixes follows a connector's list of prefixes.
func TestLogOnlyOfManyPrefixes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	config := `{"transforms": "d,o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
		"message.prefix.include.list": "outboxevent,more.*",
		"transforms.d.type": "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent",
		"transforms.d.fields.null.include": "true",
		"transforms.o.table.fields.additional.placement": "type:header:ce_type"}`
	f.relay(f.bus, outbox.LogOnly(), outbox.Connector([]byte(config)))
	for n, prefix := range []string{"outboxevent", "other", "more", "more.of"} {
		err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
			return outbox.In(tx, outbox.LogOnly(), outbox.Table(prefix)).Publish(t.Context(), placed().New(order{ID: "a", N: n})).Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range f.numbers(3) {
		if want := []int{0, 2, 3}[i]; n != want {
			t.Errorf("event %d is %d, want %d", i, n, want)
		}
	}
}

// TestLogOnlyIsAskedFor has a role that may write to no table, and tells the log of an event: it is not published.
func TestLogOnlyIsAskedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.relay(f.bus)
	role := f.slot + "_stranger"
	execute(t, f.url, "CREATE ROLE "+role)
	t.Cleanup(func() { execute(t, f.url, "DROP ROLE "+role) })
	err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL ROLE "+role); err != nil {
			return err
		}
		return outbox.In(tx, outbox.LogOnly()).Publish(t.Context(), placed().New(order{ID: "a", N: 1})).Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	f.write(true, placed().New(order{ID: "a", N: 2}))
	if got := f.read(1); got[0].Value.N != 2 {
		t.Errorf("the first event is %+v", got[0].Value)
	}
}
