package partitionstest

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Group is a program under test, and the nodes that run it.
type Group struct {
	world *World
	build func(*bus.Bus) (*partitions.Group, error)
	name  string
	nodes []*Node
}

// Group makes a group of what build makes. It is called once for each life of each node, as a process calls its main,
// with the node's own bus: what it makes anew is a process's memory, and must not fix [partitions.NodeID].
func (w *World) Group(build func(*bus.Bus) (*partitions.Group, error)) *Group {
	g := &Group{world: w, build: build}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groups = append(w.groups, g)
	return g
}

// Start starts one more node.
func (g *Group) Start() *Node {
	w := g.world
	w.t.Helper()
	w.mu.Lock()
	n := &Node{group: g, name: fmt.Sprintf("node-%d", len(w.nodes)+1)}
	w.nodes, g.nodes = append(w.nodes, n), append(g.nodes, n)
	w.mu.Unlock()
	if err := n.begin(always); err != nil {
		w.t.Fatalf("start %s: %v", n.name, err)
	}
	return n
}

// Rebalance makes the group rebalance twice: one more node joins, takes its share of the shards, and leaves.
func (g *Group) Rebalance() {
	g.world.t.Helper()
	n := g.Start()
	g.calm()
	n.Stop()
	g.calm()
}

// Owner is the node that owns the shard of a record's key, once the group has one for it.
func (g *Group) Owner(key string) *Node {
	w := g.world
	w.t.Helper()
	var owner *Node
	w.until(0, func() (string, string) {
		owner = nil
		info := g.info()
		if info == nil || info.State != stable {
			return "", fmt.Sprintf("the group of %q has no owners", key)
		}
		shard := shardOf(key, len(w.cluster.PartitionInfos(g.changelog())))
		for _, m := range info.Members {
			for _, owned := range m.Assignment {
				if slices.Contains(owned, shard) {
					owner = g.node(m.ClientID)
				}
			}
		}
		if owner == nil {
			return "", fmt.Sprintf("shard %d of %s has no owner", shard, g.name)
		}
		return "", ""
	})
	return owner
}

const stable = "Stable"

// calm waits until the group's running nodes are its members and nothing has moved for a while.
func (g *Group) calm() {
	g.world.t.Helper()
	g.world.until(settledFor, g.membership)
}

// membership is what the group's members are, and what is wrong with that.
func (g *Group) membership() (seen, wrong string) {
	info := g.info()
	up := 0
	for _, n := range g.nodes {
		if n.up() && !n.paused() {
			up++
			if !isMember(info, n.client()) {
				return "", n.name + " has not joined " + g.name
			}
		}
	}
	if info == nil || len(info.Members) == 0 {
		return "", ""
	}
	for _, m := range info.Members {
		if g.node(m.ClientID) == nil {
			return "", fmt.Sprintf("%s waits for the session of %s to time out", g.name, m.ClientID)
		}
	}
	if up > 0 && info.State != stable {
		return "", g.name + " is " + info.State
	}
	return fmt.Sprint(g.name, info.State, info.Epoch), ""
}

func isMember(info *kfake.GroupInfo, client string) bool {
	return info != nil && slices.ContainsFunc(info.Members, func(m kfake.GroupMember) bool { return m.ClientID == client })
}

// node is the one that runs under a client id now.
func (g *Group) node(client string) *Node {
	for _, n := range g.nodes {
		if n.up() && n.client() == client {
			return n
		}
	}
	return nil
}

// info is nil while the brokers know no such group.
func (g *Group) info() *kfake.GroupInfo {
	if g.name == "" {
		return nil
	}
	return g.world.cluster.GroupInfo(g.name)
}

func (g *Group) changelog() string { return g.name + ".changelog" }

// shardOf is the partition that every Kafka client's default partitioner chooses.
func shardOf(key string, count int) int32 {
	if count < 1 {
		return -1
	}
	return int32(kgo.StickyKeyPartitioner(nil).ForTopic("").Partition(&kgo.Record{Key: []byte(key)}, count))
}
