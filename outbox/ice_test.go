package outbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

var errFrozen = errors.New("the test has cut this line")

// ice is what freezes the connections of one node, as when its machine stands still or is cut off: nothing goes in or
// out any more, and the other sides are not told.
type ice struct {
	mu     sync.Mutex
	frozen chan struct{}
	held   []net.Conn
	wire   *wire // that freezes it, or nil
}

func newIce(w *wire) *ice { return &ice{frozen: make(chan struct{}), wire: w} }

func (i *ice) freeze() {
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case <-i.frozen:
	default:
		close(i.frozen)
	}
}

// melt closes what was left open, at the end of a test.
func (i *ice) melt() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, conn := range i.held {
		_ = conn.Close()
	}
}

// dial connects through the ice.
func (i *ice) dial(ctx context.Context, network, address string) (net.Conn, error) {
	select {
	case <-i.frozen:
		return nil, errFrozen
	default:
	}
	far, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	own, near := net.Pipe()
	up, down := i.wire.kafka()
	i.bridge(near, far, up, down)
	return &bridged{Conn: own, far: far}, nil
}

// bridged shows the addresses of the connection on the other side.
type bridged struct {
	net.Conn

	far net.Conn
}

func (c *bridged) RemoteAddr() net.Addr { return c.far.RemoteAddr() }
func (c *bridged) LocalAddr() net.Addr  { return c.far.LocalAddr() }

// bridge carries bytes until one side closes. On ice the far side is told nothing of that.
func (i *ice) bridge(near, far net.Conn, up, down flow) {
	i.mu.Lock()
	i.held = append(i.held, near, far)
	i.mu.Unlock()
	go i.carry(far, near, up)
	go i.carry(near, far, down)
}

// flow is one direction of a connection: how it is read piece by piece, and what becomes of each.
type flow struct {
	next  func(from io.Reader, space []byte) (piece []byte, err error)
	judge func(piece []byte) fate
}

func (i *ice) carry(to, from net.Conn, f flow) {
	space := make([]byte, 64<<10)
	for {
		piece, err := f.next(from, space)
		select {
		case <-i.frozen:
			return
		default:
		}
		if len(piece) > 0 {
			end := f.judge(piece)
			if end != goesOn {
				i.freeze()
			}
			if end == before {
				return
			}
			if _, failed := to.Write(piece); failed != nil {
				err = failed
			}
		}
		if err != nil {
			_, _ = to.Close(), from.Close()
			return
		}
	}
}

// proxy is an address that leads to another one through the ice.
func (i *ice) proxy(t *testing.T, address string) string {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := at.Host
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			up, down := i.wire.postgres()
			i.bridge(near, far, up, down)
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		accepting.Wait()
		i.melt()
	})
	at.Host = listener.Addr().String()
	return at.String()
}
