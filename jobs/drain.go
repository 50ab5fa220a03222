package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/partitions"
)

// lastWords is how long a node that stops waits until the ends of its attempts are written, beyond its grace.
const lastWords = 3 * time.Second

// drain lets what runs end, and gives back what has not begun, before the node leaves.
func (n *Runner) drain() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.draining = true
	for _, d := range n.desks {
		n.recall(d)
	}
	n.until(n.grace, func(d *desk) bool { return d.begun > 0 || len(d.ended) > 0 })
	for _, d := range n.desks {
		d.interrupt(ErrShutdown)
	}
	n.until(overtime+lastWords, func(d *desk) bool { return d.busy() || len(d.ended) > 0 })
}

// busy says whether attempts of the desk run that are not given up.
func (d *desk) busy() bool {
	for _, a := range d.live {
		if !a.over {
			return true
		}
	}
	return false
}

// until waits while something is so of a desk, as long as the time lasts.
func (n *Runner) until(most time.Duration, is func(*desk) bool) {
	n.patiently(most, func() bool {
		for _, d := range n.desks {
			if is(d) {
				return true
			}
		}
		return false
	})
}

// patiently waits while something is so that ends of attempts may change, as long as the time lasts.
func (n *Runner) patiently(most time.Duration, is func() bool) {
	over := false
	late := time.AfterFunc(most, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		over = true
		n.quiet.Broadcast()
	})
	defer late.Stop()
	for !over && is() {
		n.quiet.Wait()
	}
}

// Pause lets no job of the queue begin any more, on any node, until [Runner.Resume]. It returns when that is so. What runs goes on to its end, and
// jobs that come wait. The queue stays paused also when all nodes are started anew.
func (n *Runner) Pause(ctx context.Context) error { return n.everywhere(ctx, orderPause) }

// Resume lets a queue go on that was paused.
func (n *Runner) Resume(ctx context.Context) error { return n.everywhere(ctx, orderResume) }

// everywhere asks the same of all shards.
func (n *Runner) everywhere(ctx context.Context, what string) error {
	description, err := partitions.Describe(ctx, n.bus, groupOf(n.queue))
	if err != nil {
		return fmt.Errorf("jobs: %s %s: %w", what, n.queue, err)
	}
	missing := make(map[int32]bool, len(description.Shards))
	for _, s := range description.Shards {
		missing[s.Shard] = true
	}
	var ids []string
	for i := 0; len(missing) > 0; i++ { // a hash: it comes to all of them soon
		id := fmt.Sprint(what, "-", i)
		shard, err := n.group.Shard(id)
		if err != nil {
			return fmt.Errorf("jobs: %s %s: %w", what, n.queue, err)
		}
		if missing[shard] {
			delete(missing, shard)
			ids = append(ids, id)
		}
	}
	if err := n.each(ctx, what, ids).Err(); err != nil {
		return fmt.Errorf("jobs: %s %s: %w", what, n.queue, err)
	}
	return nil
}

// watch says in the log when this node has no shard although others have: there are more nodes than shards.
func (n *Runner) watch(ctx context.Context) {
	idle := false
	for nodes, err := range n.group.Watch(ctx) {
		if err != nil {
			return
		}
		was := idle
		for _, node := range nodes {
			if node.Self {
				idle = node.Weight > 0 && len(node.Shards) == 0
			}
		}
		if idle && !was {
			n.logger().WarnContext(ctx, "jobs: there are more nodes than shards: this one is a standby, and does jobs when another one leaves",
				"queue", n.queue, "nodes", len(nodes))
		}
	}
}
