package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

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
	url    string
	slot   string
	pool   *pgxpool.Pool
	bus    *bus.Bus
	broker string
	relays []*outbox.Relay // in the order in which they began
}

func newFixture(t *testing.T, opts ...outbox.TableOption) *fixture {
	t.Helper()
	at, name := database(t)
	f := &fixture{T: t, url: at, slot: name, broker: bustest.Broker(t)}
	var err error
	if f.bus, err = bus.Open(t.Context(), f.broker); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.bus.Close() })
	if err := f.bus.Verify(t.Context(), placed(bus.Partitions(3))); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), f.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	f.pool = pool
	var migrations sync.WaitGroup
	opts = slices.Clip(opts)
	for range 3 {
		migrations.Go(func() {
			if err := outbox.Migrate(t.Context(), pool, append(opts, outbox.Slot(name))...); err != nil {
				t.Error(err)
			}
		})
	}
	migrations.Wait()
	return f
}

// relay runs a node of a group with a relay until stop.
func (f *fixture) relay(b *bus.Bus, opts ...outbox.RelayOption) (r *outbox.Relay, stop func()) {
	f.Helper()
	r, err := outbox.NewRelay(f.url, append([]outbox.RelayOption{outbox.Slot(f.slot), logged()}, opts...)...)
	if err != nil {
		f.Fatal(err)
	}
	f.relays = append(f.relays, r)
	group, err := partitions.New(b, "outbox", r.Part(), partitions.Lanes(1), partitions.Shards(1))
	if err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(f.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := group.Run(ctx); err != nil {
			f.Errorf("group: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	f.Cleanup(stop)
	return r, stop
}

// logged shows what relays log where MILLRACE_TEST_LOG is set.
func logged() outbox.RelayOption {
	if os.Getenv("MILLRACE_TEST_LOG") == "" {
		return outbox.Logger(slog.New(slog.DiscardHandler))
	}
	return outbox.Logger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})))
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

// until asks the database again and again until it says true.
func (f *fixture) until(question string, args ...any) {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.Context(), 30*time.Second)
	defer cancel()
	for answer := false; !answer; {
		if err := f.pool.QueryRow(ctx, question, args...).Scan(&answer); err != nil {
			f.Fatalf("%s: %v", question, err)
		}
	}
}

// wait polls a condition that no channel tells of, for longer than the session of a member takes to time out.
func (f *fixture) wait(condition func() bool) {
	f.Helper()
	limit := time.After(90 * time.Second)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !condition() {
		select {
		case <-limit:
			for _, r := range f.relays {
				f.Logf("%+v", r.Status())
			}
			f.Fatal("the condition did not come true")
		case <-poll.C:
		}
	}
}
