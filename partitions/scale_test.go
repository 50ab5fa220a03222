//go:build synctests

package partitions_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// many is a world whose topic "in" has so many partitions, with one record in each.
func many(t *testing.T, count int) *world {
	t.Helper()
	w := &world{t: t}
	var err error
	w.cluster, err = kfake.NewCluster(kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(w.network.Listen))
	if err != nil {
		t.Fatal(err)
	}
	w.bus = w.open()
	if err := w.bus.Create(t.Context(), bus.TopicSpec{Name: "in", Partitions: count}); err != nil {
		t.Fatal(err)
	}
	return w
}

// counter counts the records of each key, and notes every count.
func counter(b *bus.Bus, node string, seen *sync.Map) (*partitions.Group, error) {
	counts := partitions.NewTable[string, int]("counts")
	return partitions.New(b, "scale", partitions.Use(counts), partitions.NodeID(node),
		partitions.OnRecord("in", func(tx *partitions.Tx, r bus.Record) error {
			n, _ := counts.Get(tx, string(r.Key))
			counts.Put(tx, string(r.Key), n+1)
			seen.Store(string(r.Key), n+1)
			return nil
		}))
}

// feed publishes a record for each of n keys and waits until each has been counted times times.
func (w *world) feed(n, times int, seen *sync.Map) {
	w.t.Helper()
	var msgs []bus.Message
	for i := range n {
		msgs = append(msgs, bus.Record{Topic: "in", Key: []byte(strconv.Itoa(i)), Value: []byte("x")}.Message())
	}
	publish(w.t, w.bus, msgs...)
	began := time.Now()
	for i := range n {
		for {
			if got, _ := seen.Load(strconv.Itoa(i)); got == times {
				break
			}
			if time.Since(began) > 5*time.Minute {
				got, _ := seen.Load(strconv.Itoa(i))
				w.t.Fatalf("key %d was counted %v times, want %d", i, got, times)
			}
			<-time.After(50 * time.Millisecond)
		}
	}
}

// TestManyShards runs 1,000 shards on one node, and again on another one that restores them.
func TestManyShards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := many(t, 1000)
		defer w.end()
		var seen sync.Map
		for round := range 2 {
			g, err := counter(w.bus, fmt.Sprintf("node-%d", round), &seen)
			if err != nil {
				t.Fatal(err)
			}
			stop := start(t, g)
			w.feed(3000, round+1, &seen)
			stop()
		}
	})
}

// TestManyNodes starts 20 nodes at once, and stops all but one at once.
func TestManyNodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := many(t, 60)
		defer w.end()
		var seen sync.Map
		var stops []func()
		var groups []*partitions.Group
		for i := range 20 {
			b := w.open()
			defer b.Close()
			g, err := counter(b, fmt.Sprintf("node-%02d", i), &seen)
			if err != nil {
				t.Fatal(err)
			}
			groups, stops = append(groups, g), append(stops, start(t, g))
		}
		w.feed(600, 1, &seen)
		<-time.After(30 * time.Second)
		nodes, err := groups[0].Nodes()
		if err != nil || len(nodes) != 20 {
			t.Fatalf("%d nodes, %v", len(nodes), err)
		}
		for _, n := range nodes {
			if len(n.Shards) != 3 {
				t.Errorf("%s owns %d shards, want 3", n.ID, len(n.Shards))
			}
		}
		var stopping sync.WaitGroup
		for _, stop := range stops[1:] {
			stopping.Go(stop)
		}
		w.feed(600, 2, &seen)
		stopping.Wait()
		w.feed(600, 3, &seen)
		stops[0]()
	})
}
