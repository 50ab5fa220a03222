package push_test

import (
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestSocketDrain(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, stop := sockets(t, b)
	other, _ := sockets(t, b)
	c, noisy := dial(t, url), dial(t, url)
	c.follow("quiet", "", "")
	noisy.follow("noise", "", "")
	publish(t, b, push.Define[string]("noise"), "k", "x")
	noisy.next()
	go stop()
	retry := 0
	for {
		message, err := c.read()
		if err != nil {
			break
		}
		if message.Method == "push.position" {
			c.lastID = message.Params.ID
		}
		retry += message.Params.Retry
	}
	if retry < 1000 || retry > 3000 {
		t.Errorf("it was told to wait for %d ms", retry)
	}
	if code := noisy.closed(); code != 3001 {
		t.Errorf("closed with %d", code)
	}
	stop()
	again := dial(t, other)
	if how := again.follow("quiet", "", c.lastID); how != "memory" {
		t.Errorf("outcome %q", how)
	}
	publish(t, b, push.Define[string]("quiet"), "k", "after")
	if got := again.next().Params; string(got.Data) != `"after"` {
		t.Errorf("got %+v", got)
	}
}

// TestSilentSocket holds that a client which answers no ping is given up, and one that does is not.
func TestSilentSocket(t *testing.T) {
	t.Parallel()
	reader, metrics := measured()
	url, _ := sockets(t, bustest.Open(t), push.KeepAlive(200*time.Millisecond), metrics)
	alive := dial(t, url)
	alive.follow("news", "", "")
	over := make(chan websocket.StatusCode, 1)
	go func() { over <- alive.closed() }() // who reads answers pings
	silent := handshake(t, url)
	pings := 0
	for {
		head, _, err := silent.read() // pongs are never sent
		if err != nil {
			break
		}
		if head == 0x89 {
			pings++
		}
	}
	if pings < 2 {
		t.Errorf("it was given up after %d pings", pings)
	}
	select {
	case code := <-over:
		t.Errorf("who answers was given up with %d", code)
	default:
	}
	for deadline := time.Now().Add(10 * time.Second); gauge(t, reader, "millrace.push.connections") != 1; {
		if time.Now().After(deadline) {
			t.Fatal("its place is not given back")
		}
	}
}

func TestSlowSocket(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.Queue(1000, 1<<20), push.WriteLimit(time.Minute))
	slow, quick := handshake(t, url), dial(t, url)
	slow.write(0x81, `{"jsonrpc":"2.0","id":1,"method":"push.subscribe","params":{"channel":"news"}}`)
	if _, _, err := slow.read(); err != nil {
		t.Fatal(err)
	}
	quick.follow("news", "", "")
	news := push.Define[string]("news")
	for range 300 {
		publish(t, b, news, "k", strings.Repeat("x", 100_000))
		quick.next() // is told of each while the other one reads nothing
	}
	last, status := byte(0), ""
	for {
		head, payload, err := slow.read()
		if err != nil {
			break
		}
		last, status = head, payload
	}
	if last != 0x88 || !strings.HasPrefix(status, "\x0b\xc0") { // 3008
		t.Errorf("the slow client's last frame is %x %.20q", last, status)
	}
}

func TestFlood(t *testing.T) {
	t.Parallel()
	url, _ := sockets(t, bustest.Open(t), push.Calls(1, 10))
	c := dial(t, url)
	go func() {
		for range 100 {
			if c.conn.Write(c.ctx, 1, []byte(`{"jsonrpc":"2.0","method":"x"}`)) != nil {
				return
			}
		}
	}()
	if code := c.closed(); code != 3013 {
		t.Errorf("closed with %d", code)
	}
}
