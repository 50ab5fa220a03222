package push_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestBurst holds that a client which reads as fast as it can is not taken for a slow one.
func TestBurst(t *testing.T) {
	t.Parallel()
	const n = 10_000
	b := bustest.Open(t)
	url, _ := serve(t, b)
	s := connect(t, url+"?channel=news", "")
	views := make([]string, n)
	for i := range views {
		views[i] = fmt.Sprint(i)
	}
	publish(t, b, push.Define[string]("news"), "k", views...)
	for i := range n {
		if got, ok := s.next(); !ok || got.data != fmt.Sprintf("%q", fmt.Sprint(i)) {
			t.Fatalf("message %d: %+v, %t", i, got, ok)
		}
	}
}

func TestLargeMessages(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	s := connect(t, url+"?channel=news", "")
	begin := s.lastID
	sizes := []int{0, 1_000_000, 700_000, 1_000_000, 1, 1_000_000, 1_000_000}
	news := push.Define[string]("news")
	for _, size := range sizes {
		publish(t, b, news, "k", strings.Repeat("x", size))
	}
	for _, each := range []*stream{s, connectFrom(t, url+"?channel=news", begin)} {
		for _, size := range sizes {
			if got, ok := each.next(); !ok || len(got.data) != size+2 {
				t.Fatalf("%d bytes, want %d, %t", len(got.data)-2, size, ok)
			}
		}
	}
}

// TestServerTimeouts holds that the limits of a server for its other requests do not end a stream.
func TestServerTimeouts(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	hub, ready := running(t, b, push.KeepAlive(20*time.Millisecond))
	server := httptest.NewUnstartedServer(hub.SSE())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	<-ready
	s := connect(t, server.URL+"?channel=news", "")
	for end := time.Now().Add(600 * time.Millisecond); time.Now().Before(end); {
		if !s.line(&event{}) {
			t.Fatal("the stream was cut")
		}
	}
}

// TestEndedStreamClosesConnection holds that a connection whose stream ended is not used again: it would keep the
// stream's last write deadline.
func TestEndedStreamClosesConnection(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	hub, ready := running(t, b)
	server := httptest.NewServer(hub.SSE())
	t.Cleanup(server.Close)
	<-ready
	resp := ask(t, server.URL+"?channel=news", "")
	defer func() { _ = resp.Body.Close() }()
	if !resp.Close {
		t.Error("the connection would be kept")
	}
}

// TestClientThatNeverReads holds that such a client is gone once it is too far behind.
func TestClientThatNeverReads(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	hub, ready := running(t, b, push.Queue(10, 1<<20), push.WriteLimit(100*time.Millisecond))
	gone := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hub.SSE().ServeHTTP(w, r)
		close(gone)
	}))
	t.Cleanup(server.Close)
	<-ready
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	fmt.Fprintf(conn, "GET /?channel=news HTTP/1.1\r\nHost: x\r\n\r\n")
	if line, err := bufio.NewReaderSize(conn, 16).ReadString('\n'); err != nil || !strings.Contains(line, "200") {
		t.Fatalf("%q, %v", line, err)
	}
	news := push.Define[string]("news")
	large := strings.Repeat("x", 500_000)
	for {
		publish(t, b, news, "k", large)
		select {
		case <-gone:
			return
		default:
		}
	}
}

// running runs a hub until the test ends.
func running(t *testing.T, b *bus.Bus, opts ...push.Option) (*push.Hub, <-chan struct{}) {
	t.Helper()
	hub, err := push.New(b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := hub.Run(ctx); err != nil {
			t.Errorf("hub: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); run.Wait() })
	return hub, hub.Ready()
}
