package push_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestQuietSocket holds that a limit of our writes is none of what is written when long nothing was: pongs, and why a connection is closed.
func TestQuietSocket(t *testing.T) {
	t.Parallel()
	const limit = 200 * time.Millisecond
	url, _ := sockets(t, bustest.Open(t), push.WriteLimit(limit))
	r := handshake(t, url)
	for _, each := range []struct{ send, want byte }{{0x89, 0x8a}, {0x82, 0x88}} {
		r.write(0x81, askAdd)
		if _, _, err := r.read(); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * limit)
		r.write(each.send, "x")
		if head, payload, err := r.read(); err != nil || head != each.want {
			t.Fatalf("%x was answered with %x %q %v", each.send, head, payload, err)
		}
	}
}

// TestRevokedClientDoesNothing holds that who is revoked publishes no more, though it does not read that it is.
func TestRevokedClientDoesNothing(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	chat, news := push.Define[string]("chat"), push.Define[string]("news")
	url, _ := sockets(t, b, push.Tokens(granter{publish: true}), push.Publishing(chat))
	other, bad := dial(t, url, "Authorization", "Bearer other//chat"), dial(t, url, "Authorization", "Bearer bad//news,chat")
	other.follow("chat", "", "")
	bad.follow("news", "", "")
	for range 60 { // of which it reads nothing
		publish(t, b, news, "k", strings.Repeat("x", 130_000))
	}
	if err := push.Revoke(t.Context(), b, "bad").Err(); err != nil {
		t.Fatal(err)
	}
	for refused(t, url, "Authorization", "Bearer bad//news") == 0 {
		if t.Context().Err() != nil {
			t.Fatal("it is not revoked")
		}
	}
	for range 60 {
		if bad.conn.Write(bad.ctx, websocket.MessageText,
			[]byte(`{"jsonrpc":"2.0","method":"push.publish","params":{"channel":"chat","data":"bad"}}`)) != nil {
			break
		}
	}
	publish(t, b, chat, "k", "end")
	if got := other.next().Params; string(got.Data) != `"end"` {
		t.Errorf("got %s", got.Data)
	}
}

// TestRefreshWhileSubscribing holds that what a connection is going to follow, and what it watches, ends with the leave to.
func TestRefreshWhileSubscribing(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.Tokens(granter{present: true}), push.Presence("a"), push.Calls(64, 100_000))
	c := dial(t, url, "Authorization", "Bearer 1//a,b")
	c.follow("b", "", "")
	if answer := c.call("push.presence", `{"channel":"a","watch":true}`); answer.Error != nil {
		t.Fatal(answer.Error)
	}
	epoch, _, _ := strings.Cut(c.lastID, "-")
	waits := c.ask("push.subscribe", `{"channel":"a","since":"`+epoch+`-0.zzzz"}`) // which no hub has reached: it is doubted for a while
	if answer := c.call("push.refresh", `{"token":"2//b"}`); answer.Error != nil {
		t.Fatal(answer.Error)
	}
	for {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if string(m.ID) == waits {
			if m.Error == nil || m.Error.Code != -32003 {
				t.Errorf("it may follow: %s %+v", m.Result, m.Error)
			}
			break
		}
	}
	other := dial(t, url, "Authorization", "Bearer 3/ann/a")
	other.follow("a", "", "")
	publish(t, b, push.Define[string]("a"), "k", "secret")
	for { // until others know of ann
		if answer := other.call("push.presence", `{"channel":"a"}`); strings.Contains(string(answer.Result), "userann") {
			break
		}
	}
	publish(t, b, push.Define[string]("b"), "k", "this")
	for {
		m, err := c.read()
		if err != nil {
			t.Fatal(err)
		}
		if m.Method == "push.presence" || m.Params.Channel == "a" {
			t.Errorf("told without leave: %+v", m)
		}
		if m.Params.Channel == "b" {
			return
		}
	}
}

// bomb is a view that cannot be read.
type bomb struct{}

func (*bomb) UnmarshalJSON([]byte) error { panic("boom") }

func TestHostileMessages(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.Calls(4, 10_000), push.Tokens(granter{publish: true}), push.Publishing(push.Define[bomb]("bombs")))
	c := dial(t, url, "Authorization", "Bearer 1//orders,news,bombs")
	if answer := c.call("push.subscribe", `{"channel":"orders/42"}`); answer.Error == nil || answer.Error.Code != -32602 {
		t.Errorf("a channel with a slash: %+v", answer)
	}
	for batch, want := range map[string]string{
		`[{"jsonrpc":"2.0","id":1,"method":"nope"},{"jsonrpc":"2.0","id":2,"method":"@effect/rpc/Ping"}]`: "-32601",
		`[{"jsonrpc":"2.0","id":1,"method":"push.history","params":{"channel":"news"}}]`:                  "-32000",
		`[{"jsonrpc":"2.0","id":1,"method":"push.subscribe","params":{"channel":"news"}}]`:                "-32000",
	} {
		c.send(batch)
		for answered := false; !answered; {
			_, text, err := c.conn.Read(c.ctx)
			if err != nil {
				t.Fatal(batch, err)
			}
			answered = text[0] == '['
			if answered && !strings.Contains(string(text), want) {
				t.Errorf("%s: %s", batch, text)
			}
		}
	}
	c.follow("news", "", "")
	raw(t, b, "news", "application/json", []byte("{\"a\":\"\xff\"}"))
	if _, text, err := c.conn.Read(c.ctx); err != nil || !utf8.Valid(text) || !strings.Contains(string(text), "base64") {
		t.Errorf("what is no text came as %q %v", text, err)
	}
	c.send(`{"jsonrpc":"2.0","id":9,"method":"push.publish","params":{"channel":"bombs","data":1}}`)
	if code := c.closed(); code != websocket.StatusInternalError {
		t.Errorf("closed with %d", code)
	}
	flooding, _ := sockets(t, b, push.Calls(4, 10))
	r := handshake(t, flooding)
	for range 1000 {
		r.write(0x81, `{"jsonrpc":"2.0","method":"@effect/rpc/Ack","params":{"requestId":1}}`)
	}
	if head, payload, err := r.read(); err == nil && (head != 0x88 || !strings.HasPrefix(payload, "\x0b\xc5")) { // 3013
		t.Errorf("after a flood: %x %q", head, payload)
	}
}
