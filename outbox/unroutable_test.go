package outbox_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/outbox"
)

// TestUnroutableRow has a row of which no record can be made behind others that are fine: these are published, and the
// error says where the row is.
func TestUnroutableRow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write(true, placed().New(order{ID: "a", N: 1}))
	err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		if err := outbox.In(tx).Publish(t.Context(), placed().New(order{ID: "a", N: 2})).Err(); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO outboxevent (id, aggregatetype) VALUES ('0190a0a0-0000-7000-8000-00000000000b', '')`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.write(true, placed().New(order{ID: "a", N: 3}))
	r, stop := f.relay(f.bus)
	f.wait(func() bool { return r.Status().Halted })
	if got := r.Status().Published; got != 2 {
		t.Errorf("%d events are published before the row that cannot be", got)
	}
	message := r.Status().Err.Error()
	if !strings.Contains(message, "0190a0a0-0000-7000-8000-00000000000b") {
		t.Errorf("the error does not name the row: %v", message)
	}
	stop()
	_, advance, _ := strings.Cut(message, "with ")
	advance, _, _ = strings.Cut(advance, ", and accept")
	execute(t, f.url, advance)
	r, stop = f.relay(f.bus)
	gap := f.gapped(r, stop, "something else has read")
	f.relay(f.bus, outbox.AcceptGap(gap.After))
	if got := f.read(3); got[2].Value.N != 3 {
		t.Errorf("the third event is %+v", got[2].Value)
	}
}
