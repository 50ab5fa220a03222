//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestDeposedCoordinator lets a broker that was the group's coordinator answer as if it still were, as one does that has
// stood still. A node that gets shards from the new one must not go on from what the old one says.
func TestDeposedCoordinator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		first, second := w.open(), w.open()
		defer first.Close()
		defer second.Close()
		one, balance, err := w.ledger(first, "one")
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, one)()
		w.deposit(len(accounts), 2)
		w.follow(len(accounts), 2)
		w.awaitHandled()
		old := w.cluster.CoordinatorFor("ledger")
		known := w.offsets()
		for w.cluster.CoordinatorFor("ledger") == old {
			w.cluster.RehashCoordinators()
		}
		w.cluster.ControlKey(int16(kmsg.OffsetFetch), func(asked kmsg.Request) (kmsg.Response, error, bool) {
			w.cluster.KeepControl()
			if w.cluster.CurrentNode() != old {
				return nil, nil, false
			}
			return answered(asked.(*kmsg.OffsetFetchRequest), known), nil, true
		})
		two, _, err := w.ledger(second, "two")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, two)
		for n, _ := two.Nodes(); len(n) != 2 || len(n[0].Shards) != len(n[1].Shards); n, _ = two.Nodes() {
			<-time.After(time.Millisecond)
		}
		w.deposit(len(accounts), 2)
		w.follow(len(accounts), 4)
		stop()
		for n, _ := one.Nodes(); len(n) != 1 || len(n[0].Shards) != shards; n, _ = one.Nodes() {
			<-time.After(time.Millisecond)
		}
		w.deposit(len(accounts), 1)
		w.follow(len(accounts), 5)
		w.awaitHandled()
		for account, cents := range w.rows(balance) {
			if cents != 5 {
				t.Errorf("%s has %d after 5 deposits of 1", account, cents)
			}
		}
	})
}

// offsets are the group's committed offsets of the deposits.
func (w *world) offsets() map[int32]int64 {
	w.t.Helper()
	client, err := w.bus.Client()
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	fetched, err := kadm.NewClient(client).FetchOffsets(w.t.Context(), "ledger")
	if err != nil {
		w.t.Fatal(err)
	}
	offsets := make(map[int32]int64)
	fetched.Each(func(o kadm.OffsetResponse) { offsets[o.Partition] = o.At })
	return offsets
}
