package outbox_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/outbox"
)

// TestPolledRelay publishes rows of a database without a slot, through one node of a group after the other.
func TestPolledRelay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, outbox.Polled(), outbox.Notify())
	_, stopFirst := f.relay(f.bus, outbox.Polled())
	const events = 30
	for n := range events {
		switch n {
		case 10:
			f.relay(f.bus, outbox.Polled(), outbox.PollEvery(time.Second))
		case 20:
			stopFirst()
		}
		f.write(n%5 != 4, placed().New(order{ID: strconv.Itoa(n % 3), N: n}))
	}
	last := map[string]int{}
	for _, event := range f.read(events * 4 / 5) {
		if before, seen := last[event.Value.ID]; seen && before >= event.Value.N || event.Value.N%5 == 4 {
			t.Errorf("%+v after %d", event.Value, before)
		}
		last[event.Value.ID] = event.Value.N
	}
	f.until("SELECT NOT EXISTS (SELECT FROM outboxevent) AND NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)", f.slot)
}

// TestPolledWriter deletes its rows as writers do that know nothing of the relay, and one that does.
func TestPolledWriter(t *testing.T) {
	t.Parallel()
	f := newFixture(t, outbox.Polled())
	err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		for _, opts := range [][]outbox.TableOption{nil, {outbox.Polled()}} {
			inner := pgx.BeginFunc(t.Context(), tx, func(savepoint pgx.Tx) error {
				return outbox.In(savepoint, opts...).Publish(t.Context(), placed().New(order{ID: "a"})).Err()
			})
			if inner != nil {
				return inner
			}
		}
		_, err := tx.Exec(t.Context(), "DELETE FROM outboxevent")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.until("SELECT count(*) = 2 FROM outboxevent")
	if _, err := f.pool.Exec(t.Context(), "DELETE FROM outboxevent"); err != nil {
		t.Fatal(err)
	}
	f.until("SELECT count(*) = 0 FROM outboxevent") // by who means it
	for _, opts := range [][]outbox.TableOption{{outbox.LogOnly(), outbox.Polled()}, {outbox.LogOnly(), outbox.Replicated()}} {
		if err := outbox.Migrate(t.Context(), f.pool, opts...); !errors.Is(err, outbox.ErrTable) {
			t.Errorf("two ways at once: %v", err)
		}
	}
}
