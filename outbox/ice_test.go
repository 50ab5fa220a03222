package outbox_test

import (
	"context"
	"errors"
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
}

func newIce() *ice { return &ice{frozen: make(chan struct{})} }

func (i *ice) freeze() { close(i.frozen) }

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
	i.bridge(near, far)
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
func (i *ice) bridge(near, far net.Conn) {
	i.mu.Lock()
	i.held = append(i.held, near, far)
	i.mu.Unlock()
	go i.carry(far, near)
	go i.carry(near, far)
}

func (i *ice) carry(to, from net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		select {
		case <-i.frozen:
			return
		default:
		}
		if n > 0 {
			if _, failed := to.Write(buffer[:n]); failed != nil {
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
			i.bridge(near, far)
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
