package sagas

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/millrace/millrace/partitions"
)

// runner runs the sagas of a flow on the shards of one group's node.
type runner struct {
	*core

	invoke func(*Saga, json.RawMessage) (json.RawMessage, error)
	timers *partitions.Timer[string]
	turns  chan struct{} // that flows work in
	steps  *attempts

	mu       sync.Mutex
	desks    map[int32]*desk // by shard
	wanting  int             // desks whose sagas wait for room
	resident int             // runs that take room in the memory
	reserved int             // room for runs of transactions that are not committed yet
	filled   int             // how often rows were taken into the memory
	said     time.Time       // when it was logged last that nobody can be told
}

// desk has the runs of one shard while this node owns it, under one token. What it has is guarded by the runner.
type desk struct {
	token       int64
	beside      partitions.Beside
	open        bool
	closed      bool
	runs        map[string]*run
	warned      map[uint64]int // how often sagas were cancelled, by activation
	interrupted []string       // sagas that were in the memory of the last owner, and are not in this one yet
	queued      bool           // there are rows that wait for room
	granted     int            // room that a transaction fills which is under way
	filled      int            // when that was, in the order of all
	failed      bool           // it could not be filled, and waits until that is tried again
	reserved    int            // room that transactions have reserved which are not committed yet
}

// desk is that of the transaction's shard. One of an earlier ownership is given up.
func (n *runner) desk(tx *partitions.Tx) *desk {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.desks[tx.Shard()]
	if d == nil || d.token != tx.Token() {
		if d != nil {
			n.giveUpDesk(d)
		}
		d = &desk{token: tx.Token(), runs: make(map[string]*run), warned: make(map[uint64]int)}
		n.desks[tx.Shard()] = d
	}
	return d
}

// committed calls f with the desk once the transaction is committed, unless the shard has left this node, and otherwise, if given,
// where it is not. It returns the desk.
func (n *runner) committed(tx *partitions.Tx, f func(*desk), otherwise ...func()) *desk {
	d, shard := n.desk(tx), tx.Shard()
	tx.Committed(func(b partitions.Beside) {
		n.mu.Lock()
		if !d.open {
			d.open, d.beside = true, b
			context.AfterFunc(b.Context(), func() { n.gone(shard, d) })
		}
		closed := d.closed
		n.mu.Unlock()
		if !closed {
			f(d)
		}
	}, otherwise...)
	return d
}

// gone gives a desk up whose shard has left this node. Its room is for the others.
func (n *runner) gone(shard int32, d *desk) {
	n.mu.Lock()
	if n.desks[shard] == d {
		delete(n.desks, shard)
	}
	n.giveUpDesk(d)
	n.mu.Unlock()
	n.refill()
}

// giveUpDesk gives all runs of a desk up.
func (n *runner) giveUpDesk(d *desk) {
	n.want(d, nil, false)
	d.closed = true
	n.reserved -= d.reserved + d.granted
	d.reserved, d.granted = 0, 0
	for _, r := range d.runs {
		n.drop(d, r)
	}
	clear(d.runs)
	clear(d.warned)
}

// drop gives a run of the desk up.
func (n *runner) drop(d *desk, r *run) {
	r.kill()
	if r.counted {
		r.counted = false
		n.resident--
	}
	delete(d.warned, r.activation)
}

// begin takes a saga into the memory and lets it go on.
func (n *runner) begin(d *desk, l loaded) {
	r := newRun(n, l)
	r.desk, r.beside = d, d.beside
	n.mu.Lock()
	if l.reserved {
		n.release(d)
	}
	if d.closed { // since it was looked at
		n.mu.Unlock()
		r.kill()
		return
	}
	if old := d.runs[l.key]; old != nil {
		n.drop(d, old)
	}
	d.runs[l.key], r.counted = r, true
	n.resident++
	n.mu.Unlock()
	r.beside.Go(func(ctx context.Context) func(*partitions.Tx) error { return r.turn(ctx) }, r.fallen()...)
}

// deliver hands outcomes to a saga that is in the memory. To one that is not there they come with its rows.
func (n *runner) deliver(d *desk, key string, activation uint64, outcomes []outcome) {
	n.mu.Lock()
	r := d.runs[key]
	n.mu.Unlock()
	if r == nil || r.activation != activation || !r.hear(outcomes...) {
		return
	}
	r.beside.Go(func(ctx context.Context) func(*partitions.Tx) error { return r.turn(ctx) }, r.fallen()...)
}

// leave takes the run out of the memory once the transaction is committed.
func (r *run) leave(tx *partitions.Tx) {
	r.runner.committed(tx, func(d *desk) {
		r.runner.mu.Lock()
		r.runner.drop(d, r)
		if d.runs[r.key] == r {
			delete(d.runs, r.key)
		}
		r.runner.mu.Unlock()
		r.runner.refill()
	})
}
