package jobs

import (
	"context"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// desk has the jobs of one shard that are in this node's memory, while it owns the shard under one token. What it has is guarded by
// the runner.
type desk struct {
	runner *Runner
	shard  int32
	place  request.Shard
	token  int64
	beside partitions.Beside
	open   bool
	closed bool
	paused bool
	leased bool                // no other node can have the shard
	aside  []*attempt          // that wait until that is so
	stamp  uint64              // the last place that was given to a job that waits
	live   map[string]*attempt // by row
	begun  int                 // attempts whose handlers have not returned

	flows   map[string]*backlog // that have jobs which wait as rows, by the beginning of their turns
	hungry  bool                // it is among the runner's hungry desks
	filling bool
	granted int // room that a transaction fills which is under way

	ended    []*attempt // whose ends are still to be written, in their order
	flushing bool

	lost []string // rows of what the last owner had in its memory, that are still to be seen to; belongs to the shard's transactions

	wallet

	tx       *partitions.Tx // the transaction of now
	reserved int            // room that it has reserved
	waits    bool           // jobs wait as rows since then, for which there may be room by now
	suspect  *attempt       // that it takes into the memory
	written  int            // ends that it has written
}

// desk is that of the transaction's shard. What an earlier transaction has reserved, and was not committed, is given back.
func (n *Runner) desk(tx *partitions.Tx) *desk {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := n.desks[tx.Shard()]
	if d.tx == tx {
		return d
	}
	n.limits.reserved -= d.reserved
	n.clear(d.suspect)
	d.tx, d.reserved, d.written, d.suspect = tx, 0, 0, nil
	tx.Committed(func(partitions.Beside) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if d.tx = nil; d.waits {
			d.waits = false
			n.refill()
		}
	})
	return d
}

// opened begins with a shard that this node has taken.
func (n *Runner) opened(tx *partitions.Tx) error {
	d := &desk{runner: n, shard: tx.Shard(), token: tx.Token(), live: make(map[string]*attempt), flows: make(map[string]*backlog)}
	d.place = request.From(tx.Context()).Shard
	d.purses, d.rich, d.beggars = make(map[string]purse), make(map[string]struct{}), make(map[string]*backlog)
	n.mu.Lock()
	if old := n.desks[d.shard]; old != nil {
		n.close(old)
	}
	n.desks[d.shard] = d
	n.mu.Unlock()
	_, d.paused = n.said.Get(tx, saidPaused)
	n.settle(tx, d)
	n.discover(tx, d)
	if err := n.interrupted(tx, d); err != nil {
		return err
	}
	if err := n.resume(tx); err != nil {
		return err
	}
	tx.Committed(func(b partitions.Beside) {
		n.mu.Lock()
		defer n.mu.Unlock()
		d.open, d.beside = true, b
		b.Go(func(ctx context.Context) func(*partitions.Tx) error {
			<-ctx.Done()
			n.gone(d) //nolint:contextcheck // what it writes has its transaction's
			return nil
		})
		b.Lease(func(ctx context.Context) {
			n.lease(d, true) //nolint:contextcheck // what it writes has its transaction's
			<-ctx.Done()
			n.lease(d, false) //nolint:contextcheck // what it writes has its transaction's
		})
		n.lose(d, lostAtOnce)
	})
	return tx.Err()
}

// lease says whether no other node can have the shard: jobs that wait as rows come into the memory, and attempts begin, only while that is so, and
// attempts end when it ceases to be.
func (n *Runner) lease(d *desk, leased bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.leased = leased; !leased {
		d.interrupt(ErrMoved)
		return
	}
	for _, a := range d.aside {
		if a.aside = false; !a.over {
			n.fair.push(a)
			n.hire()
		}
	}
	d.aside = nil
	n.want(d)
	n.refill()
}

// interrupt ends the contexts of all that runs.
func (d *desk) interrupt(cause error) {
	for _, a := range d.live {
		if !a.begun.IsZero() {
			a.interrupt(cause)
		}
	}
}

// overtime is how long a handler whose context has ended is waited for.
const overtime = time.Second

// gone gives a desk up whose shard has left this node, and waits a moment for its handlers: the next owner begins after that.
func (n *Runner) gone(d *desk) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.desks[d.shard] == d {
		delete(n.desks, d.shard)
	}
	n.close(d)
	n.refill()
	n.patiently(overtime, func() bool { return d.begun > 0 })
}

// close ends all that a desk has.
func (n *Runner) close(d *desk) {
	if d.closed {
		return
	}
	d.closed = true
	n.limits.reserved -= d.reserved
	n.limits.granted -= d.granted
	n.clear(d.suspect)
	for _, a := range d.ended {
		n.limits.ends -= a.weight
		n.clear(a)
	}
	d.reserved, d.granted, d.suspect, d.ended = 0, 0, nil, nil
	n.sated(d)
	n.drop(d)
	for _, a := range d.live {
		if !a.over && a.begun.IsZero() {
			n.giveUp(a)
		}
	}
	d.interrupt(ErrMoved)
}

// giveUp takes an attempt back that has not begun.
func (n *Runner) giveUp(a *attempt) {
	a.over = true
	if !a.aside {
		n.fair.queued--
	}
	n.forget(a)
	n.clear(a)
}

// forget takes an attempt that is over out of the memory. A suspect is one until its end is written: it would be lost with the next one's.
func (n *Runner) forget(a *attempt) {
	n.limits.leave(a)
	if n.fair.leave(a) {
		n.limits.emptied = true
	}
}

// clear lets another suspect come, where the attempt is the one.
func (n *Runner) clear(a *attempt) {
	if a != nil && n.suspect == a {
		n.suspect = nil
	}
}
