package push_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// drip sends a text by and by until the server has closed the connection, and fails where that takes too long.
func drip(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(15 * time.Second))
	over := make(chan struct{})
	go func() {
		defer close(over)
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("who sends %.10q by and by is not given up", text)
		}
	}()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		case <-ticker.C:
			if text != "" {
				_, _ = conn.Write([]byte{text[min(i, len(text)-1)]})
			}
		}
	}
}

// TestSlowHandshakes holds that a server as the package's documentation has it gives up who shakes hands slowly or never, or sends no request, and
// serves the others meanwhile.
func TestSlowHandshakes(t *testing.T) {
	t.Parallel()
	const each, limit = 50, 2 * time.Second
	b := bustest.Open(t)
	reader, metrics := measured()
	hub, ready := running(t, b, metrics)
	mux := http.NewServeMux()
	mux.Handle("/sse", hub.SSE())
	mux.Handle("/ws", hub.WebSocket())
	server := httptest.NewUnstartedServer(mux)
	server.Config.ReadHeaderTimeout, server.Config.ErrorLog = limit, slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	<-ready
	config := &tls.Config{InsecureSkipVerify: true}
	var connected, dripping sync.WaitGroup
	for i := range 3 * each {
		connected.Add(1)
		dripping.Go(func() {
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Error(err)
				connected.Done()
				return
			}
			text := []string{"", "\x16\x03\x01\x02\x00\x01\x00\x01", "GET /sse?channel=news HTTP/1.1\r\nHost: x"}[i%3]
			if i%3 == 2 {
				conn = tls.Client(conn, config)
			}
			defer func() { _ = conn.Close() }()
			connected.Done()
			drip(t, conn, text)
		})
	}
	connected.Wait()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/sse?channel=news", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(t, resp, "")
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	t.Cleanup(cancel)
	conn, _, err := websocket.Dial(ctx, strings.Replace(server.URL, "https", "wss", 1)+"/ws", &websocket.DialOptions{HTTPClient: server.Client()}) //nolint:bodyclose // as Dial says
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	c := &caller{T: t, conn: conn, ctx: ctx}
	c.follow("news", "", "")
	for _, view := range []string{"meanwhile", "afterwards"} {
		publish(t, b, push.Define[string]("news"), "k", view)
		if got, _ := s.next(); got.data != `"`+view+`"` {
			t.Errorf("a stream got %+v", got)
		}
		if got := c.next().Params; string(got.Data) != `"`+view+`"` {
			t.Errorf("a WebSocket got %s", got.Data)
		}
		dripping.Wait() // all were given up
	}
	if got := gauge(t, reader, "millrace.push.connections"); got != 2 {
		t.Errorf("%d clients are counted", got)
	}
}
