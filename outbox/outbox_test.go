package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/outbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type order struct {
	ID string `json:"id"`
	N  int    `json:"n"`
}

func placed(opts ...bus.ContractOption) bus.Event[order] {
	return bus.Define("shop.order.placed", func(o order) string { return o.ID }, opts...)
}

// fixture is a migrated database and a bus with the order topic.
type fixture struct {
	*testing.T
	url  string
	pool *pgxpool.Pool
	bus  *bus.Bus
}

func newFixture(t *testing.T, opts ...outbox.TableOption) *fixture {
	t.Helper()
	f := &fixture{T: t, url: pgtest.Open(t), bus: bustest.Open(t, placed(bus.Partitions(3)))}
	pool, err := pgxpool.New(t.Context(), f.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	f.pool = pool
	var migrations sync.WaitGroup
	for range 3 {
		migrations.Go(func() {
			if err := outbox.Migrate(t.Context(), pool, opts...); err != nil {
				t.Error(err)
			}
		})
	}
	migrations.Wait()
	return f
}

// relay runs a relay until stop.
func (f *fixture) relay(publisher bus.Publisher, opts ...outbox.RelayOption) (r *outbox.Relay, stop func()) {
	f.Helper()
	r, err := outbox.NewRelay(publisher, f.url, opts...)
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			f.Errorf("relay: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	f.Cleanup(stop)
	return r, stop
}

// write commits the messages in one transaction, or rolls it back.
func (f *fixture) write(commit bool, msgs ...bus.Message) {
	f.Helper()
	err := pgx.BeginFunc(f.Context(), f.pool, func(tx pgx.Tx) error {
		if err := outbox.In(tx).Publish(f.Context(), msgs...).Err(); err != nil {
			return err
		}
		if !commit {
			return errRollback
		}
		return nil
	})
	if err != nil && !errors.Is(err, errRollback) {
		f.Fatal(err)
	}
}

var errRollback = errors.New("rolled back by the test")

// read returns the first n events on the topic.
func (f *fixture) read(n int) []bus.Received[order] {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 30*time.Second)
	defer cancel()
	var got []bus.Received[order]
	for event, err := range bus.Tail(ctx, f.bus, placed(), bus.Earliest) {
		if err != nil {
			f.Fatal(err)
		}
		if got = append(got, event); len(got) == n {
			return got
		}
	}
	f.Fatalf("read %d of %d events", len(got), n)
	return nil
}

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
			_, err := f.pool.Exec(t.Context(), "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
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
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for behind := true; behind; {
		err := f.pool.QueryRow(ctx, `SELECT pg_current_wal_lsn() > confirmed_flush_lsn FROM pg_replication_slots`).Scan(&behind)
		if err != nil {
			t.Fatal(err)
		}
	}
}
