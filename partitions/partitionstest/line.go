package partitionstest

import (
	"context"
	"errors"
	"net"
	"sync"
)

type dial func(context.Context, string, string) (net.Conn, error)

// line is the connections of one life of a node to the brokers. It can stall, as for a process that is stopped, and be
// cut, as for one that was killed.
type line struct {
	dial dial

	mu      sync.Mutex
	flowing chan struct{} // closed while bytes may pass
	dead    bool
	wires   map[*wire]struct{}
	trip    *tripwire
}

// tripwire cuts a line at a request.
type tripwire struct {
	counts func(Step) bool
	left   int
	after  bool // once it is answered, instead of before it is sent
	hit    func(Step)
}

func newLine(d dial) *line {
	l := &line{dial: d, flowing: make(chan struct{}), wires: make(map[*wire]struct{})}
	close(l.flowing)
	return l
}

var errCut = errors.New("partitionstest: the line is cut")

func (l *line) open(ctx context.Context, network, address string) (net.Conn, error) {
	if err := l.pass(ctx.Done()); err != nil {
		return nil, errors.Join(err, context.Cause(ctx))
	}
	conn, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, line: l, closed: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		_ = conn.Close()
		return nil, errCut
	}
	l.wires[w] = struct{}{}
	return w, nil
}

// pass waits while the line stalls.
func (l *line) pass(given <-chan struct{}) error {
	l.mu.Lock()
	flowing := l.flowing
	l.mu.Unlock()
	select {
	case <-flowing:
	case <-given:
		return errCut
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return errCut
	}
	return nil
}

func (l *line) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flowing = make(chan struct{})
}

func (l *line) flow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.flowing:
	default:
		close(l.flowing)
	}
}

func (l *line) cut() {
	l.mu.Lock()
	l.dead = true
	wires := l.wires
	l.wires = nil
	l.mu.Unlock()
	l.flow()
	for w := range wires {
		_ = w.Close()
	}
}

// set puts a tripwire in place of the one before; nil takes it away.
func (l *line) set(t *tripwire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trip = t
}

// count notes a request that is about to be sent, and returns the tripwire that it is the one for.
func (l *line) count(s Step) *tripwire {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.trip
	if t == nil || !t.counts(s) {
		return nil
	}
	if t.left--; t.left > 0 {
		return nil
	}
	l.trip = nil
	return t
}
