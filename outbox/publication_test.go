package outbox_test

import (
	"testing"

	"github.com/millrace/millrace/outbox"
)

// TestPublicationMistakes has publications that would say nothing, and a name that is a word of SQL.
func TestPublicationMistakes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	execute(t, f.url, "CREATE PUBLICATION updates FOR TABLE outboxevent WITH (publish = 'update')")
	f.halts(outbox.ErrSlot, "publish = 'insert'", outbox.From("updates"))
	if err := outbox.Migrate(t.Context(), f.pool, outbox.Slot(f.slot), outbox.From("table")); err != nil {
		t.Error(err)
	}
	r, _ := f.relay(f.bus, outbox.From("table"))
	f.write(true, placed().New(order{ID: "a", N: 1}))
	f.read(1)
	f.wait(func() bool { return r.Status().Working })
}
