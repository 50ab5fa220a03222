//go:build synctests

package assign_test

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/partitions/internal/assign"
)

// client is a real group member on a broker in the bubble.
type client struct {
	*kgo.Client

	mu    sync.Mutex
	plan  assign.Plan
	owned map[string][]int32
}

func (c *client) seen() (assign.Plan, []int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.plan, slices.Sorted(slices.Values(c.owned["in"]))
}

func enter(t *testing.T, network *kfake.VirtualNetwork, cluster *kfake.Cluster, n assign.Node) *client {
	t.Helper()
	c := &client{owned: map[string][]int32{}}
	b, err := assign.New(func() assign.Node { return n }, 1, func(p assign.Plan) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.plan = p
	})
	if err != nil {
		t.Fatal(err)
	}
	c.Client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.Dialer(network.DialContext),
		kgo.ConsumerGroup("ledger"), kgo.ConsumeTopics("in", "more"), kgo.Balancers(b),
		kgo.HeartbeatInterval(500*time.Millisecond), kgo.SessionTimeout(6*time.Second),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
			c.mu.Lock()
			defer c.mu.Unlock()
			for topic, partitions := range m {
				c.owned[topic] = append(c.owned[topic], partitions...)
			}
		}),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, m map[string][]int32) {
			c.mu.Lock()
			defer c.mu.Unlock()
			for topic, partitions := range m {
				c.owned[topic] = slices.DeleteFunc(c.owned[topic], func(p int32) bool { return slices.Contains(partitions, p) })
			}
		}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// check waits until the group is quiet, and fails unless all see one plan in which each owns as many shards as wanted.
func check(t *testing.T, outside *kadm.Client, clients []*client, want ...int) assign.Plan {
	t.Helper()
	<-time.After(20 * time.Second) // on the bubble's clock
	synctest.Wait()
	first, _ := clients[0].seen()
	for i, c := range clients {
		plan, owned := c.seen()
		if !reflect.DeepEqual(plan, first) {
			t.Errorf("client %d sees %+v, the first one %+v", i, plan, first)
		}
		memberID, generation := c.GroupMetadata()
		if plan.Generation != generation {
			t.Errorf("client %d is in generation %d and has the plan of %d", i, generation, plan.Generation)
		}
		if len(owned) != want[i] || !reflect.DeepEqual(owned, plan.Owned(plan.Index(memberID))) {
			t.Errorf("client %d owns %v, want %d, the plan says %v", i, owned, want[i], plan.Owned(plan.Index(memberID)))
		}
	}
	groups, err := outside.DescribeGroups(t.Context(), "ledger")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := assign.Describe(groups["ledger"])
	for i := range plan.Members {
		plan.Members[i].Warm = nil
	}
	if err != nil || !reflect.DeepEqual(plan, first) {
		t.Errorf("from outside: %+v, %v; from inside %+v", plan, err, first)
	}
	return first
}

func TestGroup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var network kfake.VirtualNetwork
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen),
			kfake.SeedTopics(12, "in", "more"))
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Close()
		admin, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.Dialer(network.DialContext))
		if err != nil {
			t.Fatal(err)
		}
		defer admin.Close()
		outside := kadm.NewClient(admin)

		var clients []*client
		for _, n := range []assign.Node{
			{ID: "a", Address: "a:1", Weight: 1, Zone: "x"},
			{ID: "b", Address: "b:1", Weight: 1, Zone: "y", Warm: map[int32]int64{3: 5}},
			{ID: "c", Address: "c:1", Weight: 2, Zone: "z"},
		} {
			c := enter(t, &network, cluster, n)
			defer c.Close()
			clients = append(clients, c)
		}
		plan := check(t, outside, clients, 3, 3, 6)
		for shard, standbys := range plan.Standbys {
			if owner, ok := plan.Owner(int32(shard)); !ok || len(standbys) != 1 || plan.Members[standbys[0]].Zone == owner.Zone {
				t.Errorf("shard %d is owned by %+v and has the standbys %v", shard, owner, standbys)
			}
		}
		guest := enter(t, &network, cluster, assign.Node{ID: "guest"})
		defer guest.Close()
		clients = append(clients, guest)
		check(t, outside, clients, 3, 3, 6, 0)

		clients[2].Close()
		clients = slices.Delete(clients, 2, 3)
		after := check(t, outside, clients, 6, 6, 0)
		for shard, owner := range plan.Owners {
			before, _ := plan.Owner(int32(shard))
			if now, _ := after.Owner(int32(shard)); owner != 2 && now.ID != before.ID {
				t.Errorf("shard %d went from %s to %s though %s stayed", shard, before.ID, now.ID, before.ID)
			}
		}
	})
}
