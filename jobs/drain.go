package jobs

import (
	"context"
	"time"
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
