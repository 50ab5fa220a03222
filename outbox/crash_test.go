package outbox_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// ledger is what was committed: the numbers of each key in the order of their commits.
type ledger struct {
	mu        sync.Mutex
	committed map[string][]int
	total     atomic.Int64
}

// work commits and rolls back transactions of random sizes on the keys, until stop is closed.
func (l *ledger) work(f *fixture, keys []string, stop <-chan struct{}) {
	n := 0
	for {
		select {
		case <-stop:
			return
		default:
		}
		var msgs []bus.Message
		wrote := make(map[string][]int)
		for range 1 + rand.IntN(20) {
			n++
			key := keys[rand.IntN(len(keys))]
			msgs = append(msgs, placed().New(order{ID: key, N: n}))
			wrote[key] = append(wrote[key], n)
		}
		commit := rand.IntN(4) > 0
		err := pgx.BeginFunc(f.Context(), f.pool, func(tx pgx.Tx) error {
			if err := outbox.In(tx).Publish(f.Context(), msgs...).Err(); err != nil || commit {
				return err
			}
			return errRollback
		})
		switch {
		case err == nil:
			l.mu.Lock()
			for key, numbers := range wrote {
				l.committed[key] = append(l.committed[key], numbers...)
			}
			l.mu.Unlock()
			l.total.Add(int64(len(msgs)))
		case commit:
			f.Errorf("commit: %v", err)
			return
		}
	}
}

// compare reads the topic to its end and holds it against what was committed.
func (l *ledger) compare(f *fixture) {
	f.Helper()
	published, seen := make(map[string][]int), make(map[string]bool)
	for _, got := range f.read(int(l.total.Load())) {
		if id := got.Record.ID(); seen[id] {
			f.Errorf("the row %s, number %d of key %s, is published twice", id, got.Value.N, got.Value.ID)
		} else {
			seen[id] = true
		}
		published[got.Value.ID] = append(published[got.Value.ID], got.Value.N)
	}
	for key, want := range l.committed {
		if got := published[key]; !slices.Equal(got, want) {
			f.Errorf("key %s: %d numbers are published and %d committed, or in another order", key, len(got), len(want))
		}
	}
	f.write(true, placed().New(order{ID: "last", N: -1}))
	for _, got := range f.read(len(seen) + 1) {
		if !seen[got.Record.ID()] && got.Value.N != -1 {
			f.Errorf("%+v is published beyond what was committed", got.Value)
		}
	}
}

// TestExactlyOnce crashes relays at moments that nobody chose, cuts their connections and stops them, one after the
// other, while others commit and roll back.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	l := &ledger{committed: make(map[string][]int)}
	var writing sync.WaitGroup
	stop := make(chan struct{})
	for w := range 2 {
		var keys []string
		for k := range 3 {
			keys = append(keys, fmt.Sprintf("w%d.%d", w, k))
		}
		writing.Go(func() { l.work(f, keys, stop) })
	}
	for _, way := range []string{"crash", "cut", "stop", "crash"} {
		f.round(way, 20+rand.IntN(200))
	}
	close(stop)
	writing.Wait()
	f.relay(f.bus)
	l.compare(f)
}

// round runs a node until it has published some, and ends it.
func (f *fixture) round(way string, published int) {
	f.Helper()
	ice := newIce(nil)
	node := *f
	node.url = ice.proxy(f.T, f.url)
	own, err := bus.Open(f.Context(), f.broker, bus.Dialer(ice.dial))
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = own.Close() }()
	r, end := node.relay(own)
	f.wait(func() bool { return r.Status().Published > int64(published) })
	switch way {
	case "cut":
		f.cut()
		f.wait(func() bool { return r.Status().Published > int64(2*published) })
	case "crash":
		ice.freeze()
	}
	end()
}
