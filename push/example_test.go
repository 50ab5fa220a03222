package push_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
)

// OrderView is what followers of the channel "orders" see.
type OrderView struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// exampleBus opens a bus on a broker within this process.
func exampleBus() (b *bus.Bus, end func()) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		panic(err)
	}
	b, err = bus.Open(context.Background(), "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	return b, func() { _ = b.Close(); broker.Close() }
}

// exampleServer runs a hub and serves its streams.
func exampleServer(b *bus.Bus, opts ...push.Option) (url string, end func()) {
	hub, err := push.New(b, opts...)
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- hub.Run(ctx) }()
	<-hub.Ready()
	server := httptest.NewServer(hub.SSE())
	return server.URL, func() { stop(); <-ended; server.Close() }
}

func ExampleDefine() {
	orders := push.Define[OrderView]("orders")
	fmt.Println(orders.Name(), "is published to", orders.Contract().Topic())
	fmt.Println(push.Define[OrderView]("error").Err())
	// Output:
	// orders is published to outbox.event.broadcast
	// push: define channel "error": the name must be 1 to 64 of a-z 0-9 _ -, begin with a letter, and not be reset, error or open
}

func ExampleChannel_Publish() {
	b, end := exampleBus()
	defer end()
	url, stop := exampleServer(b)
	defer stop()
	response, err := http.Get(url + "?channel=orders/42")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()

	orders := push.Define[OrderView]("orders")
	results := orders.Publish(context.Background(), b, "42", OrderView{ID: "42", Status: "accepted"})
	if err := results.Err(); err != nil {
		fmt.Println(err)
		return
	}

	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "event:") {
			fmt.Println(lines.Text())
		}
		if strings.HasPrefix(lines.Text(), "data:") {
			fmt.Println(lines.Text())
			break
		}
	}
	// Output:
	// event: orders
	// data: {"id":"42","status":"accepted"}
}

func ExampleNew() {
	b, end := exampleBus()
	defer end()
	_, err := push.New(b, push.History(1000, time.Hour), push.Connections(20_000, 5_000), push.KeepAlive(0))
	fmt.Println(err)
	// Output: push: new: KeepAlive must be 1 ms or more, and WriteLimit and Reconnect positive
}

func ExampleHub_Run() {
	b, end := exampleBus()
	defer end()
	hub, err := push.New(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- hub.Run(ctx) }()
	<-hub.Ready()
	fmt.Println("ready")
	stop()
	fmt.Println(<-ended)
	// Output:
	// ready
	// <nil>
}

func ExampleHub_SSE() {
	b, end := exampleBus()
	defer end()
	url, stop := exampleServer(b)
	defer stop()
	for _, target := range []string{"?channel=orders", "", "?channel=not+a+name"} {
		response, err := http.Get(url + target)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(response.Status, response.Header.Get("Content-Type"))
		_ = response.Body.Close()
	}
	// Output:
	// 200 OK text/event-stream; charset=utf-8
	// 400 Bad Request application/problem+json
	// 400 Bad Request application/problem+json
}

func ExampleAuth() {
	b, end := exampleBus()
	defer end()
	url, stop := exampleServer(b, push.Auth(func(r *http.Request) (push.Grant, error) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			return push.Grant{}, &push.Problem{Status: http.StatusUnauthorized, Detail: "log in first"}
		}
		return push.Grant{Tenant: "acme", Subscribe: []string{"orders"}}, nil
	}))
	defer stop()
	response, err := http.Get(url + "?channel=orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = response.Body.Close() }()
	fmt.Println(response.Status)
	// Output: 401 Unauthorized
}

func ExampleText() {
	log := push.Define("log", push.Text())
	fmt.Println(log.Contract().ContentType())
	// Output: text/plain; charset=utf-8
}

func ExampleBinary() {
	frames := push.Define("frames", push.Binary())
	fmt.Println(frames.Contract().ContentType())
	// Output: application/octet-stream
}
