package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
			_, err := f.pool.Exec(t.Context(), "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active AND slot_name = $1", f.slot)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	next := make(map[string]int)
	for total := n; ; total++ {
		clear(next)
		for _, got := range f.read(total) {
			if want, ok := next[got.Value.ID]; ok && got.Value.N > want {
				t.Fatalf("key %s: %d came before %d", got.Value.ID, got.Value.N, want)
			}
			next[got.Value.ID] = got.Value.N + 11
		}
		complete := true
		for _, at := range next {
			complete = complete && at >= n
		}
		if complete && len(next) == 11 {
			return
		}
	}
}

// flaky refuses every third publish.
type flaky struct {
	bus.Publisher
	mu    sync.Mutex
	calls int
}

func (f *flaky) Publish(ctx context.Context, msgs ...bus.Message) bus.Results {
	f.mu.Lock()
	f.calls++
	refuse := len(msgs) > 0 && f.calls%3 == 0
	f.mu.Unlock()
	if refuse {
		return bus.Results{{Err: errors.New("refused by the test")}}
	}
	return f.Publisher.Publish(ctx, msgs...)
}

func TestRelaySurvivesPublishFailure(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.relay(&flaky{Publisher: f.bus})
	for i := range 20 {
		f.write(true, placed().New(order{ID: "k", N: i}))
	}
	seen := make(map[int]bool)
	for n := 20; len(seen) < 20; n++ {
		for _, got := range f.read(n) {
			seen[got.Value.N] = true
		}
	}
}

func TestRelayStandby(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first, stop := f.relay(f.bus)
	f.write(true, placed().New(order{ID: "a", N: 1}))
	f.read(1)
	second, _ := f.relay(f.bus)
	f.wait(func() bool { return second.Status().Err != nil })
	if !first.Status().Working || second.Status().Working {
		t.Fatalf("%+v and %+v", first.Status(), second.Status())
	}
	stop()
	f.write(true, placed().New(order{ID: "a", N: 2}))
	if got := f.read(2); got[1].Value.N != 2 {
		t.Fatalf("read %+v", got)
	}
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
