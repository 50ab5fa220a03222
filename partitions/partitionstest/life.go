package partitionstest

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// life is a node from its start to its end. From stopped on it is under the node's lock.
type life struct {
	node   *Node
	client string
	line   *line.Line
	group  *partitions.Group
	cancel context.CancelCauseFunc
	crash  chan struct{} // closed when it has crashed
	ended  chan struct{} // closed when Run has returned

	stopped bool
	crashed bool
	paused  bool
	asked   bool
	err     error
}

// begin starts the next life, unless the world has ended or still says no.
func (n *Node) begin(still func() bool) error {
	w := n.group.world
	n.mu.Lock()
	n.lives++
	l := &life{
		node: n, client: fmt.Sprintf("%s.%d", n.name, n.lives), line: line.New(w.network.DialContext),
		crash: make(chan struct{}), ended: make(chan struct{}),
	}
	n.mu.Unlock()
	b, err := w.connect(l.line, l.client)
	if err != nil {
		return err
	}
	if l.group, err = n.group.build(b); err != nil {
		_ = b.Close()
		return err
	}
	if name := l.group.Name(); n.group.name == "" {
		n.group.name = name
	} else if name != n.group.name {
		_ = b.Close()
		return fmt.Errorf("the group is called %s now and was %s", name, n.group.name)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || !still() {
		return b.Close()
	}
	n.life = l
	ctx, cancel := context.WithCancelCause(w.t.Context())
	l.cancel = cancel
	w.planned.arm(l)
	w.ending.Go(func() { l.run(ctx, b) })
	return nil
}

func (l *life) run(ctx context.Context, b *bus.Bus) {
	defer close(l.ended)
	err := l.group.Run(ctx)
	l.cancel(nil)
	_ = b.Close()
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	if early := l.stopped && errors.Is(err, context.Canceled); !l.crashed && !early {
		l.err = err
	}
}

func always() bool { return true }

// stop tells the node to end.
func (l *life) stop() *life {
	l.node.mu.Lock()
	l.stopped, l.paused = true, false
	l.node.mu.Unlock()
	l.line.Set(nil)
	l.line.Flow()
	l.cancel(nil)
	return l
}
