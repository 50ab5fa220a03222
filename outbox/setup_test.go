package outbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

// halts runs a relay that must stop with an error of that kind, which says what to do.
func (f *fixture) halts(kind error, advice string, opts ...outbox.RelayOption) {
	f.Helper()
	r, stop := f.relay(f.bus, opts...)
	defer stop()
	f.wait(func() bool { return r.Status().Halted })
	if err := r.Status().Err; !errors.Is(err, kind) || !strings.Contains(err.Error(), advice) {
		f.Errorf("the relay halted with %v, want %q", err, advice)
	}
}

func TestSlotMistakes(t *testing.T) {
	t.Parallel()
	f, other := newFixture(t), newFixture(t)
	f.halts(outbox.ErrSlot, "run outbox.Migrate", outbox.From("nothing"))
	other.halts(outbox.ErrSlot, "outbox.Slot", outbox.Slot(f.slot))
	var version int
	if err := f.pool.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int / 10000").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if version < 17 {
		f.halts(outbox.ErrSlot, "PostgreSQL 17", outbox.Failover())
	}
	err := outbox.Migrate(t.Context(), other.pool, outbox.Slot(f.slot))
	if !errors.Is(err, outbox.ErrSlot) {
		t.Errorf("a slot of another database was taken: %v", err)
	}
	if _, err := outbox.NewRelay("postgres://u:secret@h:port/x"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a bad address: %v", err)
	}
}

func TestWalLevelIsExplained(t *testing.T) {
	t.Parallel()
	address := pgtest.Open(t, "wal_level=replica")
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	err = outbox.Migrate(t.Context(), conn)
	if !errors.Is(err, outbox.ErrSlot) || !strings.Contains(err.Error(), "ALTER SYSTEM SET wal_level = logical") {
		t.Errorf("Migrate: %v", err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestMissingTableIsExplained(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		return outbox.In(tx, outbox.Table("elsewhere")).Publish(t.Context(), bus.Atomic(placed().New(order{}))).Err()
	})
	if err == nil || !strings.Contains(err.Error(), "run outbox.Migrate") {
		t.Errorf("a missing table: %v", err)
	}
}
