package outbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

// fails runs a relay that must end with an error of that kind, which says what to do.
func (f *fixture) fails(address string, kind error, advice string, opts ...outbox.RelayOption) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 20*time.Second)
	defer cancel()
	r, err := outbox.NewRelay(f.bus, address, opts...)
	if err != nil {
		f.Fatal(err)
	}
	if err := r.Run(ctx); !errors.Is(err, kind) || !strings.Contains(err.Error(), advice) {
		f.Errorf("the relay ended with %v, want %q", err, advice)
	}
}

func TestSlotMistakes(t *testing.T) {
	t.Parallel()
	f, other := newFixture(t), newFixture(t)
	f.fails(f.url, outbox.ErrSlot, "run outbox.Migrate", outbox.From("nothing"), outbox.Slot(f.slot))
	f.fails(other.url, outbox.ErrSlot, "outbox.Slot", outbox.Slot(f.slot))
	err := outbox.Migrate(t.Context(), other.pool, outbox.Slot(f.slot))
	if !errors.Is(err, outbox.ErrSlot) {
		t.Errorf("a slot of another database was taken: %v", err)
	}
	if _, err := outbox.NewRelay(f.bus, "postgres://u:secret@h:port/x"); err == nil || strings.Contains(err.Error(), "secret") {
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

// TestVanishedSlotStops drops the slot under a relay: what was committed meanwhile cannot be published any more.
func TestVanishedSlotStops(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r, err := outbox.NewRelay(f.bus, f.url, outbox.Slot(f.slot))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	go func() { ended <- r.Run(ctx) }()
	f.write(true, placed().New(order{ID: "a"}))
	f.read(1)
	for dropped := false; !dropped && ctx.Err() == nil; {
		_, err := f.pool.Exec(ctx, "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1", f.slot)
		if err == nil {
			_, err = f.pool.Exec(ctx, "SELECT pg_drop_replication_slot($1)", f.slot)
		}
		dropped = err == nil
	}
	if err := <-ended; !errors.Is(err, outbox.ErrSlot) || !strings.Contains(err.Error(), "is gone") {
		t.Errorf("the relay ended with %v", err)
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
