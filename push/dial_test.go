package push_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// sockets runs a hub that serves WebSockets. The header Tenant chooses the tenant.
func sockets(t *testing.T, b *bus.Bus, opts ...push.Option) (url string, stop func()) {
	t.Helper()
	hub, err := push.New(b, opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := hub.Run(ctx); err != nil {
			t.Errorf("hub: %v", err)
		}
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := request.Info{Tenant: request.Tenant(r.Header.Get("Tenant"))}
		hub.WebSocket().ServeHTTP(w, r.WithContext(request.With(r.Context(), info)))
	}))
	stop = sync.OnceFunc(func() { cancel(); running.Wait(); server.Close() })
	t.Cleanup(stop)
	<-hub.Ready()
	return strings.Replace(server.URL, "http", "ws", 1), stop
}

// told is what a server sends.
type told struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params struct {
		Channel string          `json:"channel"`
		Key     string          `json:"key"`
		ID      string          `json:"id"`
		Data    json.RawMessage `json:"data"`
		Base64  string          `json:"base64"`
		Retry   int             `json:"retry_ms"`
		Joined  []string        `json:"joined"`
		Left    []string        `json:"left"`
	} `json:"params"`
	Result json.RawMessage `json:"result"`
	Chunk  bool            `json:"chunk"`
	Error  *struct {
		Code    int             `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	} `json:"error"`
}

// caller is a client of a WebSocket.
type caller struct {
	*testing.T
	conn   *websocket.Conn
	ctx    context.Context //nolint:containedctx // of the test
	number int
	lastID string
	early  []told // notifications that came before an answer
}

func dial(t *testing.T, url string, headers ...string) *caller {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
	t.Cleanup(cancel)
	header := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: header}) //nolint:bodyclose // as Dial says
	if err != nil {
		t.Fatal(err, resp)
	}
	conn.SetReadLimit(4 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &caller{T: t, conn: conn, ctx: ctx}
}

func (c *caller) send(text string) {
	c.Helper()
	if err := c.conn.Write(c.ctx, websocket.MessageText, []byte(text)); err != nil {
		c.Fatal(err)
	}
}

// read is the next message, whatever it is.
func (c *caller) read() (message told, err error) {
	_, text, err := c.conn.Read(c.ctx)
	if err == nil {
		err = json.Unmarshal(text, &message)
	}
	return message, err
}

// ask sends a call, and returns its number.
func (c *caller) ask(method, params string) string {
	c.Helper()
	c.number++
	id := strconv.Itoa(c.number)
	c.send(`{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":` + params + `}`)
	return id
}

// call makes a call and returns its answer. What is told meanwhile is kept.
func (c *caller) call(method, params string) told {
	c.Helper()
	id := c.ask(method, params)
	for {
		message, err := c.read()
		if err != nil {
			c.Fatal(method, err)
		}
		if string(message.ID) == id {
			return message
		}
		c.early = append(c.early, message)
	}
}

// follow subscribes to a channel, and returns the outcome.
func (c *caller) follow(channel, key, since string) string {
	c.Helper()
	answer := c.call("push.subscribe", `{"channel":"`+channel+`","key":"`+key+`","since":"`+since+`"}`)
	var at struct{ ID, Outcome string }
	if answer.Error != nil || json.Unmarshal(answer.Result, &at) != nil {
		c.Fatalf("subscribe: %+v", answer.Error)
	}
	c.lastID = at.ID
	return at.Outcome
}

// next is the next message of a channel; what else is told is passed over.
func (c *caller) next() told {
	c.Helper()
	for {
		var message told
		if len(c.early) > 0 {
			message, c.early = c.early[0], c.early[1:]
		} else {
			var err error
			if message, err = c.read(); err != nil {
				c.Fatal(err)
			}
		}
		if message.Method == "push.message" || message.Method == "push.position" {
			c.lastID = message.Params.ID
		}
		if message.Method == "push.message" {
			return message
		}
	}
}

// closed reads until the connection is over, and returns why.
func (c *caller) closed() websocket.StatusCode {
	for {
		if _, err := c.read(); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}
