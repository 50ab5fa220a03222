//go:build synctests

package partitions_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/partitions"
)

// TestDescribe asks from outside of the group.
func TestDescribe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		if _, err := partitions.Describe(t.Context(), w.bus, "ledger"); !errors.Is(err, partitions.ErrNoMembers) {
			t.Errorf("before the group runs: %v", err)
		}
		first, second := w.open(), w.open()
		defer first.Close()
		defer second.Close()
		one, _, err := w.ledger(first, "one", partitions.Standbys(1), partitions.Advertise("one:80"))
		if err != nil {
			t.Fatal(err)
		}
		two, _, err := w.ledger(second, "two", partitions.Standbys(1), partitions.Zone("west", "r1"))
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, one)()
		defer start(t, two)()
		<-time.After(10 * time.Second)
		w.deposit(len(accounts), 1)
		w.awaitHandled()
		d, err := partitions.Describe(t.Context(), w.bus, "ledger")
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Nodes) != 2 || d.Nodes[0].Address != "one:80" || d.Nodes[1].Zone != "west" || len(d.Nodes[1].Standbys) == 0 {
			t.Errorf("nodes %+v", d.Nodes)
		}
		for _, s := range d.Shards {
			if s.State != partitions.ShardLive || s.Owner.ID == "" || s.Lag != 0 || len(s.Standbys) != 1 || s.Standbys[0].Node == s.Owner.ID {
				t.Errorf("shard %+v", s)
			}
		}
		if len(d.Shards) != shards {
			t.Errorf("%d shards", len(d.Shards))
		}
	})
}
