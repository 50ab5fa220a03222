//go:build synctests

package partitions_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// line is one node's connections to the brokers. It can stall, as for a process that is stopped, and be cut, as for one
// that was killed.
type line struct {
	dial func(context.Context, string, string) (net.Conn, error)

	mu      sync.Mutex
	flowing chan struct{} // closed while bytes may pass
	dead    bool
	conns   map[*wire]struct{}
}

func newLine(dial func(context.Context, string, string) (net.Conn, error)) *line {
	l := &line{dial: dial, flowing: make(chan struct{}), conns: make(map[*wire]struct{})}
	close(l.flowing)
	return l
}

var errCut = errors.New("the line is cut")

func (l *line) open(ctx context.Context, network, address string) (net.Conn, error) {
	if err := l.pass(ctx.Done()); err != nil {
		return nil, err
	}
	conn, err := l.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, line: l, closed: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead { // it was cut while it was dialled
		_ = conn.Close()
		return nil, errCut
	}
	l.conns[w] = struct{}{}
	return w, nil
}

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
	close(l.flowing)
}

func (l *line) cut() {
	l.mu.Lock()
	l.dead = true
	conns := l.conns
	l.conns = nil
	l.mu.Unlock()
	for w := range conns {
		_ = w.Close()
	}
}

type wire struct {
	net.Conn
	line   *line
	once   sync.Once
	closed chan struct{}
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if stopped := w.line.pass(w.closed); stopped != nil {
		return 0, stopped
	}
	return n, err
}

// latency is what a request takes. The test's broker answers a fetch at once while a transaction is open behind what may
// be read; without latency virtual time would stand still in such a loop.
const latency = time.Millisecond

func (w *wire) Write(b []byte) (int, error) {
	<-time.After(latency)
	if stopped := w.line.pass(w.closed); stopped != nil {
		return 0, stopped
	}
	return w.Conn.Write(b)
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.closed) })
	return w.Conn.Close()
}

func (l *line) isCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}
