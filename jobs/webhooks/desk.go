package webhooks

import (
	"context"
	"net/http"
	"sync"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// node makes the attempts of one group's node.
type node struct {
	*Hooks

	transport *http.Transport

	mu     sync.Mutex
	desks  map[int32]*desk // by shard
	fast   pool            // for endpoints that answer
	slow   pool            // for others
	held   int             // bytes of deliveries in memory
	trials int             // tests under way
	warned sync.Once

	overdue pool // attempts on endpoints that have answered before, which take long

	draining bool       // desks that are made meanwhile drain too
	changed  *sync.Cond // with mu: something of the above may have changed
}

func newNode(h *Hooks) *node {
	n := &node{
		Hooks: h, transport: h.guard.transport(), desks: make(map[int32]*desk), fast: pool{most: h.config.fast}, slow: pool{most: h.config.slow},
		overdue: pool{most: h.config.slow},
	}
	n.changed = sync.NewCond(&n.mu)
	return n
}

// desk has what this node knows of one shard while it owns it, under one token. What it has is guarded by the node.
type desk struct {
	token      int64
	beside     partitions.Beside
	open       bool
	closed     bool
	draining   bool                 // it begins no attempts any more
	lines      map[string]*line     // by endpoint
	idle       map[*attempting]bool // attempts that have places and are not under way yet
	subscribed map[request.Tenant]subscribed
}

// desk is that of the transaction's shard. One of an earlier ownership is given up.
func (n *node) desk(tx *partitions.Tx) *desk {
	var d *desk
	n.do(func(a *begun) {
		if d = n.desks[tx.Shard()]; d != nil && d.token == tx.Token() {
			return
		}
		if d != nil {
			n.closeDesk(d, a)
		}
		d = &desk{
			token: tx.Token(), lines: make(map[string]*line), subscribed: make(map[request.Tenant]subscribed), idle: make(map[*attempting]bool),
			draining: n.draining,
		}
		n.desks[tx.Shard()] = d
	})
	return d
}

// committed calls f with the desk once the transaction is committed, unless the shard has left this node. What f asks for is begun when
// the node is no longer locked.
func (n *node) committed(tx *partitions.Tx, f func(*desk, *begun)) {
	d, shard := n.desk(tx), tx.Shard()
	tx.Committed(func(b partitions.Beside) {
		n.do(func(a *begun) {
			if !d.open {
				d.open, d.beside = true, b
				context.AfterFunc(b.Context(), func() { n.gone(shard, d) })
			}
			if !d.closed {
				f(d, a)
			}
		})
	})
}

// begun is what is to be begun once the node is no longer locked.
type begun []func()

func (n *node) do(f func(*begun)) {
	var a begun
	n.mu.Lock()
	f(&a)
	n.changed.Broadcast()
	n.mu.Unlock()
	for _, begin := range a {
		begin()
	}
}

// gone gives a desk up whose shard has left this node. The last one takes the connections with it.
func (n *node) gone(shard int32, d *desk) {
	n.do(func(a *begun) {
		if n.desks[shard] == d {
			delete(n.desks, shard)
		}
		n.closeDesk(d, a)
		if len(n.desks) == 0 {
			n.transport.CloseIdleConnections()
		}
	})
}

func (n *node) closeDesk(d *desk, a *begun) {
	d.closed = true
	for key := range d.lines { // first, so that none of them takes a place that another one gives back
		n.drop(d, key)
	}
	n.recall(d, a)
}

// drop forgets an endpoint. Its attempts that are under way end by themselves.
func (n *node) drop(d *desk, key string) {
	l := d.lines[key]
	if l == nil {
		return
	}
	delete(d.lines, key)
	l.closed = true
	for _, size := range l.held {
		n.held -= size
	}
	l.held = nil
	if l.timer != nil {
		l.timer.Stop()
	}
}
