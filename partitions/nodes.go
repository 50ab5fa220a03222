package partitions

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/millrace/millrace/partitions/internal/assign"
)

// Node is a member of the group.
type Node struct {
	ID      string
	Address string
	Zone    string
	Rack    string
	// Weight is its share of the shards; 0 for a client.
	Weight int
	// Shards are what it owns.
	Shards []int32
	// Standbys are the shards of which it keeps a warm copy. See [Standbys].
	Standbys []int32
	// Self says whether it is this process.
	Self bool
}

// Nodes lists the members as the group's last rebalance left them, by id. A member that has died is among them until its
// session times out.
func (g *Group) Nodes() ([]Node, error) {
	e, err := g.running()
	if err != nil {
		return nil, err
	}
	return e.nodes(), nil
}

func (e *engine) nodes() []Node {
	plan := e.plan.Load()
	if plan == nil {
		return nil
	}
	nodes := make([]Node, 0, len(plan.Members))
	for i := range plan.Members {
		nodes = append(nodes, e.node(plan, i))
	}
	return nodes
}

func (e *engine) node(plan *assign.Plan, i int) Node {
	return nodeOf(plan, i, e.config.node)
}

// nodeOf is a member of the plan; self is this process's id.
func nodeOf(plan *assign.Plan, i int, self string) Node {
	m := plan.Members[i]
	var standbys []int32
	for shard, by := range plan.Standbys {
		if slices.Contains(by, i) {
			standbys = append(standbys, int32(shard))
		}
	}
	return Node{
		Standbys: standbys, ID: m.ID, Address: m.Address, Zone: m.Zone, Rack: m.Rack, Weight: m.Weight,
		Shards: plan.Owned(i), Self: m.ID == self,
	}
}

// Shard is the shard that a key's records fall to: what every Kafka client's default partitioner says.
func (g *Group) Shard(key string) (int32, error) {
	e, err := g.running()
	if err != nil {
		return 0, err
	}
	return e.shardOf([]byte(key)), nil
}

// Owner is the node that owns the key's shard. It is false while the shard moves.
func (g *Group) Owner(key string) (Node, bool, error) {
	e, err := g.running()
	if err != nil {
		return Node{}, false, err
	}
	node, found := e.owner(e.shardOf([]byte(key)))
	return node, found, nil
}

func (e *engine) owner(shard int32) (Node, bool) {
	plan := e.plan.Load()
	if plan == nil || int(shard) >= len(plan.Owners) || plan.Owners[shard] == assign.None {
		return Node{}, false
	}
	return e.node(plan, plan.Owners[shard]), true
}

// Watch yields the members now and after each rebalance, until ctx ends or the loop is left. A slow loop misses
// rebalances in between, and not the last one.
func (g *Group) Watch(ctx context.Context) iter.Seq2[[]Node, error] {
	return func(yield func([]Node, error) bool) {
		e, err := g.running()
		if err != nil {
			yield(nil, err)
			return
		}
		for {
			changed := e.watchers.wait()
			if nodes := e.nodes(); nodes != nil && !yield(nodes, nil) {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-e.life.Done():
				yield(nil, ErrNotRunning)
				return
			case <-changed:
			}
		}
	}
}

// watchers wake all who wait at each change.
type watchers struct {
	mu      sync.Mutex
	changed chan struct{}
}

func (w *watchers) wait() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	return w.changed
}

func (w *watchers) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}
