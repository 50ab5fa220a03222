package outbox_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

// gapped waits until the relay has halted before a gap, and stops it.
func (f *fixture) gapped(r *outbox.Relay, stop func(), why string) *outbox.GapError {
	f.Helper()
	f.wait(func() bool { return r.Status().Halted })
	err := r.Status().Err
	stop()
	gap, ok := errors.AsType[*outbox.GapError](err)
	if !ok || !errors.Is(gap, outbox.ErrSlot) || !strings.Contains(gap.Error(), why) || !strings.Contains(gap.Error(), gap.After.String()) {
		f.Fatalf("the relay halted with %v, want %q", err, why)
	}
	return gap
}

// goesOn runs a relay that accepts the gap, and expects one of the first n events to be one that is written now.
func (f *fixture) goesOn(gap *outbox.GapError, n int) (stop func()) {
	f.Helper()
	r, stop := f.relay(f.bus, outbox.AcceptGap(gap.After))
	f.wait(func() bool { return r.Status().Working })
	f.write(true, placed().New(order{ID: "after", N: n}))
	got := f.read(n)
	if !slices.ContainsFunc(got, func(event bus.Received[order]) bool { return event.Value.ID == "after" && event.Value.N == n }) {
		f.Errorf("event %d is not among %+v", n, got)
	}
	return stop
}

// TestVanishedSlot drops the slot under a relay: what was committed meanwhile cannot be published any more.
func TestVanishedSlot(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r, stop := f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a"}))
	f.read(1)
	stop()
	execute(t, f.url, "SELECT pg_drop_replication_slot('"+f.slot+"')")
	f.write(true, placed().New(order{ID: "lost"}))
	r, stop = f.relay(f.bus, outbox.AcceptGap(r.Status().Confirmed-1)) // another gap than this one
	gap := f.gapped(r, stop, "the slot is gone")
	stop = f.goesOn(gap, 2)
	stop()
	f.goesOn(gap, 3) // the option may stay
}

// TestSlotReadByOthers moves the slot on behind the relay's back, as a connector does, and Migrate after a drop.
func TestSlotReadByOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, stop := f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a"}))
	f.read(1)
	stop()
	f.write(true, placed().New(order{ID: "lost"}))
	f.until("SELECT pg_replication_slot_advance($1, pg_current_wal_lsn()) IS NOT NULL", f.slot)
	r, stop := f.relay(f.bus)
	gap := f.gapped(r, stop, "something else has read")
	if gap.Before <= gap.After {
		t.Errorf("the gap is from %s to %s", gap.After, gap.Before)
	}
	stop = f.goesOn(gap, 2)
	stop()
	execute(t, f.url, "SELECT pg_drop_replication_slot('"+f.slot+"')")
	if err := outbox.Migrate(t.Context(), f.pool, outbox.Slot(f.slot)); err != nil {
		t.Fatal(err)
	}
	r, stop = f.relay(f.bus)
	f.gapped(r, stop, "something else")
}

// TestOtherServer finds the database on another server, whose positions mean something else.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, stop := f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a"}))
	f.read(1)
	stop()
	f.url = pgtest.Open(t, "wal_level=logical")
	pool, err := pgxpool.New(t.Context(), f.url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	f.pool = pool
	if err := outbox.Migrate(t.Context(), pool, outbox.Slot(f.slot)); err != nil {
		t.Fatal(err)
	}
	r, stop := f.relay(f.bus)
	gap := f.gapped(r, stop, "system identifier")
	stop = f.goesOn(gap, 2)
	stop()
}

// TestFirstStart finds a slot that something else has made and read: it goes on from there.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write(true, placed().New(order{ID: "published by others"}))
	f.until("SELECT pg_replication_slot_advance($1, pg_current_wal_lsn()) IS NOT NULL", f.slot)
	f.write(true, placed().New(order{ID: "a", N: 1}))
	f.relay(f.bus)
	if got := f.read(1); got[0].Value.N != 1 {
		t.Errorf("the first event is %+v", got[0].Value)
	}
}
