package push_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// network lies between clients and a server, until it is gone without a word: connections stay, and nothing passes.
type network struct {
	net.Listener
	to    string
	gone  chan struct{}
	ends  sync.WaitGroup
	mu    sync.Mutex
	conns []net.Conn
}

func newNetwork(t *testing.T, to string) *network {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{Listener: listener, to: strings.TrimPrefix(to, "http://"), gone: make(chan struct{})}
	n.ends.Go(n.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		n.mu.Lock()
		for _, conn := range n.conns {
			_ = conn.Close()
		}
		n.mu.Unlock()
		n.ends.Wait()
	})
	return n
}

func (n *network) accept() {
	for {
		client, err := n.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", n.to)
		if err != nil {
			_ = client.Close()
			return
		}
		n.mu.Lock()
		n.conns = append(n.conns, client, server)
		n.mu.Unlock()
		n.ends.Go(func() { n.pass(server, client) })
		n.ends.Go(func() { n.pass(client, server) })
	}
}

func (n *network) pass(to io.Writer, from io.Reader) {
	buffer := make([]byte, 4096)
	for {
		count, err := from.Read(buffer)
		select {
		case <-n.gone:
			return
		default:
		}
		if err != nil {
			return
		}
		if _, err := to.Write(buffer[:count]); err != nil {
			return
		}
	}
}

func TestHalfOpen(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	reader, metrics := measured()
	hub, ready := running(t, b, push.KeepAlive(200*time.Millisecond), push.WriteLimit(300*time.Millisecond), metrics)
	mux := http.NewServeMux()
	mux.Handle("/sse", hub.SSE())
	mux.Handle("/ws", hub.WebSocket())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	<-ready
	lost := newNetwork(t, server.URL)
	stream := connect(t, "http://"+lost.Addr().String()+"/sse?channel=news", "")
	c := dial(t, "ws://"+lost.Addr().String()+"/ws")
	c.follow("news", "", "")
	news := push.Define[string]("news")
	publish(t, b, news, "k", "first")
	stream.next()
	c.next()
	close(lost.gone)
	large, missed := strings.Repeat("x", 200_000), 0
	for deadline := time.Now().Add(20 * time.Second); gauge(t, reader, "millrace.push.connections") != 0; missed++ {
		if time.Now().After(deadline) {
			t.Fatal("who is gone is not given up")
		}
		publish(t, b, news, "k", large+fmt.Sprint(missed))
	}
	otherStream, _ := serve(t, b) // which has its usual limits for who reads one after the other
	otherSocket, _ := sockets(t, b)
	back, again := connectFrom(t, otherStream+"?channel=news", stream.lastID), dial(t, otherSocket)
	if how := again.follow("news", "", c.lastID); how == "reset" {
		t.Error("what was missed is gone")
	}
	for i := range missed {
		if got, _ := back.next(); !strings.HasSuffix(got.data, fmt.Sprintf("x%d\"", i)) {
			t.Fatalf("a stream that came back got %.20s…, not message %d", got.data, i)
		}
		if got := again.next().Params; !strings.HasSuffix(string(got.Data), fmt.Sprintf("x%d\"", i)) {
			t.Fatalf("a WebSocket that came back got %.20s…, not message %d", got.Data, i)
		}
	}
	t.Logf("%d messages were missed", missed)
}
