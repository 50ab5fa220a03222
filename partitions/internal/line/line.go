package line

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Dial opens a connection.
type Dial func(context.Context, string, string) (net.Conn, error)

// Line is the connections of one life of a node to the brokers. It can stall, as for a process that is stopped, and be
// cut, as for one that was killed.
type Line struct {
	dial Dial

	mu      sync.Mutex
	flowing chan struct{} // closed while bytes may pass
	dead    bool
	wires   map[*wire]struct{}
	trip    *Tripwire
}

// Tripwire cuts a line at a request, which is known by its key in the Kafka protocol.
type Tripwire struct {
	Counts func(request int16) bool
	Left   int  // the first that is counted is 1
	After  bool // once it is answered, instead of before it is sent
	Hit    func(request int16)
}

// New makes a line that opens connections with dial.
func New(dial Dial) *Line {
	l := &Line{dial: dial, flowing: make(chan struct{}), wires: make(map[*wire]struct{})}
	close(l.flowing)
	return l
}

// ErrCut is what a line that was cut ends everything with.
var ErrCut = errors.New("the line is cut")

// Open opens a connection of the line; it is a dialer for a client.
func (l *Line) Open(ctx context.Context, network, address string) (net.Conn, error) {
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
		return nil, ErrCut
	}
	l.wires[w] = struct{}{}
	return w, nil
}

// pass waits while the line stalls.
func (l *Line) pass(given <-chan struct{}) error {
	l.mu.Lock()
	flowing := l.flowing
	l.mu.Unlock()
	select {
	case <-flowing:
	case <-given:
		return ErrCut
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return ErrCut
	}
	return nil
}

// Stall keeps all bytes back until Flow.
func (l *Line) Stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flowing = make(chan struct{})
}

// Flow lets bytes pass again.
func (l *Line) Flow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.flowing:
	default:
		close(l.flowing)
	}
}

// Cut closes the connections, and lets nobody open others.
func (l *Line) Cut() {
	l.mu.Lock()
	l.dead = true
	wires := l.wires
	l.wires = nil
	l.mu.Unlock()
	l.Flow()
	for w := range wires {
		_ = w.Close()
	}
}

// Set puts a Tripwire in place of the one before; nil takes it away.
func (l *Line) Set(t *Tripwire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trip = t
}

// count notes a request that is about to be sent, and returns the Tripwire that it is the one for.
func (l *Line) count(request int16) *Tripwire {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.trip
	if t == nil || !t.Counts(request) {
		return nil
	}
	if t.Left--; t.Left > 0 {
		return nil
	}
	l.trip = nil
	return t
}

// IsCut says whether the line has been cut.
func (l *Line) IsCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}
