package push_test

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/coder/websocket"

	"github.com/millrace/millrace/push"
)

// exampleSocket runs a hub, and connects to it.
func exampleSocket(opts ...push.Option) (say func(string), hear func() string, end func()) {
	b, closeBus := exampleBus()
	ctx, cancel := context.WithCancel(context.Background())
	hub, err := push.New(b, opts...)
	if err != nil {
		panic(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = hub.Run(ctx) }()
	<-hub.Ready()
	server := httptest.NewServer(hub.WebSocket())
	conn, _, err := websocket.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1), nil) //nolint:bodyclose // as Dial says
	if err != nil {
		panic(err)
	}
	say = func(text string) { _ = conn.Write(ctx, websocket.MessageText, []byte(text)) }
	hear = func() string {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return err.Error()
		}
		return string(text)
	}
	return say, hear, func() { _ = conn.CloseNow(); cancel(); <-done; server.Close(); closeBus() }
}

func ExampleNewMethod() {
	type item struct {
		SKU string `json:"sku"`
	}
	price := push.NewMethod[item, int]("price")
	say, hear, end := exampleSocket(push.RPC(price.Handle(func(_ context.Context, i item) (int, error) {
		if i.SKU != "A-1" {
			return 0, &push.Problem{Status: http.StatusNotFound, Detail: "there is no " + i.SKU}
		}
		return 1999, nil
	})))
	defer end()
	say(`{"jsonrpc": "2.0", "id": 1, "method": "price", "params": {"sku": "A-1"}}`)
	fmt.Println(hear())
	// Output: {"jsonrpc":"2.0","id":1,"result":1999}
}

func ExampleNewStream() {
	countdown := push.NewStream[int, int]("countdown")
	say, hear, end := exampleSocket(push.RPC(countdown.Handle(func(_ context.Context, from int) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := from; i > 0 && yield(i, nil); i-- {
			}
		}
	})))
	defer end()
	say(`{"jsonrpc": "2.0", "id": 1, "method": "countdown", "params": 2}`)
	fmt.Println(hear())
	say(`{"jsonrpc": "2.0", "method": "@effect/rpc/Ack", "params": {"requestId": 1}}`)
	fmt.Println(hear())
	say(`{"jsonrpc": "2.0", "method": "@effect/rpc/Ack", "params": {"requestId": 1}}`)
	fmt.Println(hear())
	// Output:
	// {"jsonrpc":"2.0","id":1,"chunk":true,"result":[2]}
	// {"jsonrpc":"2.0","id":1,"chunk":true,"result":[1]}
	// {"jsonrpc":"2.0","id":1,"result":null}
}

func ExamplePublishing() {
	type line struct {
		Text string `json:"text"`
	}
	chat := push.Define[line]("chat")
	say, hear, end := exampleSocket(push.Publishing(chat), push.Auth(func(*http.Request) (push.Grant, error) {
		return push.Grant{Tenant: "acme", Principal: "ann", Subscribe: []string{"chat/lobby"}, Publish: []string{"chat/lobby"}}, nil
	}))
	defer end()
	say(`{"jsonrpc": "2.0", "id": 1, "method": "push.publish", "params": {"channel": "chat", "key": "lobby", "data": {"text": "hello"}}}`)
	fmt.Println(hear())
	say(`{"jsonrpc": "2.0", "id": 2, "method": "push.publish", "params": {"channel": "chat", "key": "office", "data": {"text": "hello"}}}`)
	fmt.Println(hear())
	// Output:
	// {"jsonrpc":"2.0","id":1,"result":{}}
	// {"jsonrpc":"2.0","id":2,"error":{"code":-32003,"message":"the channel chat/office may not be published to","data":{"type":"about:blank","title":"Forbidden","status":403,"detail":"the channel chat/office may not be published to"}}}
}

func ExamplePresence() {
	say, hear, end := exampleSocket(push.Presence("chat"), push.Auth(func(*http.Request) (push.Grant, error) {
		return push.Grant{Principal: "ann", Subscribe: []string{"chat"}, Present: []string{"chat"}}, nil
	}))
	defer end()
	say(`{"jsonrpc": "2.0", "id": 1, "method": "push.presence", "params": {"channel": "chat", "key": "lobby", "watch": true}}`)
	fmt.Println(hear())
	say(`{"jsonrpc": "2.0", "method": "push.subscribe", "id": 2, "params": {"channel": "chat", "key": "lobby"}}`)
	for range 2 {
		if text := hear(); strings.Contains(text, "push.presence") {
			fmt.Println(text)
		}
	}
	// Output:
	// {"jsonrpc":"2.0","id":1,"result":{"connections":0,"principals":0,"members":{}}}
	// {"jsonrpc":"2.0","method":"push.presence","params":{"channel":"chat","key":"lobby","joined":["ann"]}}
}
