package outbox_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/outbox"
)

// TestOwnSeqColumn has a table whose owners number its rows themselves: these are no poller's.
func TestOwnSeqColumn(t *testing.T) {
	t.Parallel()
	at, name := database(t)
	f := &fixture{T: t, url: at, slot: name, bus: bustest.Open(t, placed())}
	pool, err := pgxpool.New(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	f.pool = pool
	execute(t, at, `CREATE TABLE outboxevent (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text, type text,
		payload json, seq bigserial)`)
	if err := outbox.Migrate(t.Context(), pool, outbox.Slot(name)); err != nil {
		t.Fatal(err)
	}
	r, _ := f.relay(f.bus)
	f.wait(func() bool { return r.Status().Working || r.Status().Halted })
	f.write(true, placed().New(order{ID: "a", N: 1}))
	if got := f.read(1); got[0].Value.N != 1 {
		t.Errorf("the first event is %+v", got[0].Value)
	}
	if err := outbox.Migrate(t.Context(), pool, outbox.Slot(name), outbox.Polled()); err == nil {
		t.Error("a column seq that others fill became a poller's")
	}
}
