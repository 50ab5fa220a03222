package outbox_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/outbox"
)

// TestMigrateUpgrades finds a table in Debezium's own layout, with an event in the log from before its columns were added.
func TestMigrateUpgrades(t *testing.T) {
	t.Parallel()
	at, name := database(t)
	execute(t, at, `CREATE TABLE outboxevent (id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL,
			aggregateid varchar(255) NOT NULL, type varchar(255) NOT NULL, payload jsonb)`,
		"CREATE PUBLICATION "+outbox.Publication+" FOR TABLE outboxevent WITH (publish = 'insert')")
	execute(t, at, "SELECT pg_create_logical_replication_slot('"+name+"', 'pgoutput')")
	execute(t, at, `INSERT INTO outboxevent VALUES ('0190a0a0-0000-7000-8000-000000000001', 'order', 'a', 'shop.order.placed', '{"id":"a"}')`)
	pool, err := pgxpool.New(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	f := &fixture{T: t, url: at, slot: name, pool: pool, bus: bustest.Open(t, placed(bus.Partitions(1)))}
	for range 2 {
		if err := outbox.Migrate(t.Context(), pool, outbox.Slot(name), outbox.PayloadAs(outbox.JSONB)); err != nil {
			t.Fatal(err)
		}
		execute(t, at, "ALTER TABLE outboxevent DROP COLUMN headers") // as the version before had it
		f.write(true, placed().New(order{ID: "c"}))
	}
	if err := outbox.Migrate(t.Context(), pool, outbox.Slot(name), outbox.PayloadAs(outbox.JSONB)); err != nil {
		t.Fatal(err)
	}
	f.write(true, placed().New(order{ID: "b"}, bus.ID("own id"), bus.WithHeader("x", "y")))
	f.relay(f.bus)
	got := f.read(4)
	if id := got[0].Record.ID(); id != "0190a0a0-0000-7000-8000-000000000001" || got[0].Record.Type() != "shop.order.placed" {
		t.Errorf("the event from before has the id %q and the type %q", id, got[0].Record.Type())
	}
	if x, _ := got[3].Record.Headers.Get("x"); got[3].Record.ID() != "own id" || x != "y" {
		t.Errorf("headers %q", got[3].Record.Headers)
	}
}
