package sagas

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"

	"github.com/millrace/millrace/partitions"
)

// runner runs the sagas of a flow on the shards of one group's node.
type runner struct {
	*core

	invoke func(*Saga, json.RawMessage) (json.RawMessage, error)
	log    *slog.Logger
	timers *partitions.Timer[string]

	mu     sync.Mutex
	desks  map[context.Context]*desk
	warned map[uint64]int // by activation
}

// desk has the runs of one shard.
type desk struct {
	mu    sync.Mutex
	token int64
	runs  map[string]*run
	early map[string][]outcome // for runs that are on their way
}

// deskOf is the desk of a shard, whose life on this node ctx is. All work beside a shard is given the same one.
func (n *runner) deskOf(ctx context.Context) *desk {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.desks[ctx]
	if d != nil {
		return d
	}
	d = &desk{runs: make(map[string]*run), early: make(map[string][]outcome)}
	n.desks[ctx] = d
	context.AfterFunc(ctx, func() {
		n.mu.Lock()
		delete(n.desks, ctx)
		n.mu.Unlock()
		d.mu.Lock()
		defer d.mu.Unlock()
		d.clear()
	})
	return d
}

// clear gives all runs up.
func (d *desk) clear() {
	for _, r := range d.runs {
		r.kill()
		r.runner.unwarn(r.activation)
	}
	clear(d.runs)
	clear(d.early)
}

// renew gives up what belongs to an earlier ownership of the shard, and is false for what does so itself.
func (d *desk) renew(token int64) bool {
	if token > d.token {
		d.clear()
		d.token = token
	}
	return token == d.token
}

// begin takes a saga into the memory and lets it go on.
func (n *runner) begin(ctx context.Context, l loaded) func(*partitions.Tx) error {
	d := n.deskOf(ctx)
	r := newRun(n, l)
	d.mu.Lock()
	if ctx.Err() != nil || !d.renew(l.token) {
		d.mu.Unlock()
		return nil
	}
	if old := d.runs[l.key]; old != nil {
		old.kill()
	}
	d.runs[l.key] = r
	for _, o := range d.early[l.key] {
		if o.activation == l.activation {
			r.queue = append(r.queue, o)
		}
	}
	delete(d.early, l.key)
	d.mu.Unlock()
	return r.turn(ctx)
}

// deliver hands an outcome to a saga that is in the memory, or on its way there.
func (n *runner) deliver(ctx context.Context, key string, token int64, o outcome) func(*partitions.Tx) error {
	d := n.deskOf(ctx)
	d.mu.Lock()
	if ctx.Err() != nil || !d.renew(token) {
		d.mu.Unlock()
		return nil
	}
	r := d.runs[key]
	if r == nil || r.activation != o.activation {
		d.early[key] = append(d.early[key], o)
		d.mu.Unlock()
		return nil
	}
	d.mu.Unlock()
	return r.deliver(ctx, o)
}

// forget takes a run away.
func (d *desk) forget(r *run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.runs[r.key] == r {
		delete(d.runs, r.key)
	}
}
