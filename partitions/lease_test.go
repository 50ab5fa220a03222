//go:build synctests

package partitions_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// meter is a group of one singleton that counts in its shard's table, and publishes each count.
func (w *world) meter(b *bus.Bus, node string, ended chan<- *partitions.Lease) (*partitions.Group, error) {
	count := partitions.NewTable[string, int64]("count")
	part := partitions.Options(partitions.Use(count), partitions.Singleton("meter", func(ctx context.Context, lease *partitions.Lease) error {
		for ctx.Err() == nil {
			err := lease.Do(ctx, func(tx *partitions.Tx) error {
				n, _ := count.Get(tx, "meter")
				count.Put(tx, "meter", n+1)
				tx.Emit(balanceChanged.New(changed{Account: "meter", Balance: n + 1, Token: tx.Token()}))
				return nil
			})
			if err != nil && ctx.Err() == nil {
				w.t.Errorf("%s: %v", node, err)
			}
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
		ended <- lease
		return nil
	}))
	return partitions.New(b, "meters", part, partitions.Use(count), partitions.NodeID(node), partitions.Shards(2))
}

func TestLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		ended := make(chan *partitions.Lease, 100)
		lines, stops := make(map[string]*line.Line), make(map[string]func())
		for _, node := range []string{"one", "two", "three"} {
			lines[node] = line.New(w.network.DialContext)
			b := w.open(bus.Dialer(lines[node].Open))
			defer b.Close()
			g, err := w.meter(b, node, ended)
			if err != nil {
				t.Fatal(err)
			}
			stops[node] = start(t, g)
		}
		<-time.After(20 * time.Second)
		if topics, err := w.bus.Topics(t.Context(), "meters.commands"); err != nil || len(topics) != 1 || len(topics[0].Partitions) != 2 {
			t.Errorf("the topic of commands: %+v, %v", topics, err)
		}
		// A record that nobody asked for is passed over.
		publish(t, w.bus, bus.Record{Topic: "meters.commands", Value: []byte("?")}.Message())
		for node, stop := range stops { // each is cut off, and then stopped, whether it leads or not
			lines[node].Stall()
			<-time.After(20 * time.Second)
			lines[node].Flow()
			<-time.After(20 * time.Second)
			if len(stops) > 1 {
				stop()
				delete(stops, node)
			}
		}
		for _, stop := range stops {
			stop()
		}
		for len(ended) > 0 {
			err := (<-ended).Do(t.Context(), func(*partitions.Tx) error { t.Error("done after its end"); return nil })
			if !errors.Is(err, partitions.ErrNotOwner) {
				t.Errorf("a lease that has ended: %v", err)
			}
		}
		w.counted()
	})
}

// counted checks that each count was published once, under tokens that grow.
func (w *world) counted() {
	w.t.Helper()
	last, tokens := changed{}, 0
	for event, err := range bus.Tail(w.t.Context(), w.bus, balanceChanged, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			w.t.Fatal(err)
		}
		next := event.Value
		if next.Balance != last.Balance+1 || next.Token < last.Token {
			w.t.Fatalf("%+v follows %+v", next, last)
		}
		if next.Token > last.Token {
			tokens++
		}
		last = next
	}
	if tokens < 3 || last.Balance < 500 {
		w.t.Errorf("%d counts under %d leases", last.Balance, tokens)
	}
}

// TestLeaseStop stops a node while its lease's transaction runs: who has begun it hears that it is committed.
func TestLeaseStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		begun, heard := make(chan struct{}), make(chan error, 1)
		count := partitions.NewTable[string, int64]("count")
		g, err := partitions.New(w.bus, "meters", partitions.Use(count), partitions.Shards(1),
			partitions.Singleton("meter", func(ctx context.Context, lease *partitions.Lease) error {
				heard <- lease.Do(ctx, func(tx *partitions.Tx) error {
					close(begun)
					<-time.After(300 * time.Millisecond)
					count.Put(tx, "n", 1)
					return nil
				})
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		<-begun
		stop()
		if err := <-heard; err != nil {
			t.Errorf("the transaction that was committed: %v", err)
		}
	})
}
