//go:build synctests

package sagas_test

import (
	"context"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestRoomOfAShardThatLeaves moves the shard away whose saga has all of a node's room: the sagas that wait there for room
// get it.
func TestRoomOfAShardThatLeaves(t *testing.T) {
	t.Parallel()
	const count = 30
	g := &gate{}
	step := sagas.NewStep("gate", func(ctx context.Context, n int) (int, error) { return g.pass(ctx, n) }, nil, sagas.Timeout(0))
	flow := sagas.Define("leaves", func(s *sagas.Saga, n int) (int, error) { return sagas.Do(s, step, n) }, sagas.Room(1))
	run(t, flow, func(t *testing.T, w *partitionstest.World, group *partitionstest.Group) { //nolint:thelper // it is the test
		g.open = make(chan struct{})
		group.Start()
		other := group.Start()
		w.Settle()
		other.Stop() // one that comes to one that has all is given others than one of two that begin together
		w.Settle()
		other.Restart()
		w.Settle()
		w.Advance(20 * time.Second)
		moves := 0
		for group.Owner(id(moves)) != other {
			moves++
		}
		other.Stop()
		w.Settle()
		w.Publish(flow.New(id(moves), moves))
		w.Settle()
		for i := range count {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		back := func() {
			other.Restart()
			w.Settle()
			w.Advance(20 * time.Second)
		}
		back()
		for range 20 { // which shards move is up to the names that nodes get
			if group.Owner(id(moves)) == other {
				break
			}
			other.Stop()
			w.Settle()
			back()
		}
		if group.Owner(id(moves)) != other {
			t.Fatal("the shard does not move")
		}
		if g.at != 2 {
			t.Errorf("%d sagas work on two nodes, each of which has room for one", g.at)
		}
		close(g.open)
		w.Settle()
		if len(g.went) != count {
			t.Errorf("%d of %d have come to their ends", len(g.went), count)
		}
	})
}
