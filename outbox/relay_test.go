package outbox_test

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/bus"
)

func TestRelayPublishesCommitted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.relay(f.bus)
	f.write(false, placed().New(order{ID: "gone"}))
	f.write(true, placed().New(order{ID: "a", N: 1}), bus.Atomic(placed().New(order{ID: "b", N: 2})))
	for _, got := range f.read(2) {
		if got.Value.N == 0 {
			t.Error("a rolled back event was published")
		}
	}
	var left int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM outboxevent").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

func TestRelayKeepsOrder(t *testing.T) {
	t.Parallel()
	const n = 5000
	f := newFixture(t)
	f.relay(f.bus)
	for first := 0; first < n; first += 500 {
		var msgs []bus.Message
		for i := first; i < first+500; i++ {
			msgs = append(msgs, placed().New(order{ID: fmt.Sprint(i % 11), N: i}))
		}
		f.write(true, msgs...)
		if first == 2000 {
			f.cut()
		}
	}
	next := make(map[string]int)
	for _, got := range f.read(n) {
		if want, seen := next[got.Value.ID]; seen && got.Value.N != want {
			t.Fatalf("key %s: %d instead of %d", got.Value.ID, got.Value.N, want)
		}
		next[got.Value.ID] = got.Value.N + 11
	}
}

func TestRelayStandby(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, stop := f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a", N: 1}))
	f.read(1)
	second, _ := f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a", N: 2}))
	f.read(2)
	if first.Status().Working == second.Status().Working {
		t.Fatalf("%+v and %+v", first.Status(), second.Status())
	}
	stop()
	f.write(true, placed().New(order{ID: "a", N: 3}))
	for i, got := range f.read(3) {
		if got.Value.N != i+1 {
			t.Errorf("event %d is %+v", i, got.Value)
		}
	}
	f.wait(func() bool { return second.Status().Working })
}

func TestRelayIdleAdvances(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a", N: 1}))
	f.read(1)
	if _, err := f.pool.Exec(t.Context(), "CREATE TABLE other AS SELECT g FROM generate_series(1, 10000) g"); err != nil {
		t.Fatal(err)
	}
	var end string
	if err := f.pool.QueryRow(t.Context(), "SELECT pg_current_wal_lsn()::text").Scan(&end); err != nil {
		t.Fatal(err)
	}
	f.until("SELECT confirmed_flush_lsn >= $2::pg_lsn FROM pg_replication_slots WHERE slot_name = $1", f.slot, end)
}
