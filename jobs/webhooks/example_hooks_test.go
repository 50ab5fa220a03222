package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// running calls f with hooks whose group runs on this process alone, for the tenant acme.
func running(receiver http.HandlerFunc, f func(ctx context.Context, b *bus.Bus, hooks *webhooks.Hooks, g *partitions.Group, url string)) {
	ctx, stop := context.WithCancel(request.With(context.Background(), request.Info{Tenant: "acme"}))
	server := httptest.NewServer(receiver)
	defer server.Close()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	b, err := bus.Open(ctx, "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	defer b.Close()
	guard, err := local(server) // without it, only public addresses and https
	if err != nil {
		panic(err)
	}
	hooks := webhooks.Define("shop", webhooks.Through(guard), webhooks.Logger(slog.New(slog.DiscardHandler)))
	if err := b.Verify(ctx, hooks.Contracts()...); err != nil {
		panic(err)
	}
	g, err := partitions.New(b, "shop-webhooks", hooks.Part())
	if err != nil {
		panic(err)
	}
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()
	for _, err := hooks.List(ctx, g); errors.Is(err, partitions.ErrNotRunning); {
		_, err = hooks.List(ctx, g)
	}
	f(ctx, b, hooks, g, server.URL)
	stop()
	if err := <-ended; err != nil {
		panic(err)
	}
}

// A tenant's endpoint is told of an event.
func ExampleDefine() {
	arrived := make(chan string, 1)
	running(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- r.Header.Get("Webhook-Id") + " " + string(body)
	}, func(ctx context.Context, b *bus.Bus, hooks *webhooks.Hooks, g *partitions.Group, url string) {
		endpoint, key, err := hooks.Create(ctx, g, "", webhooks.Settings{URL: url + "/hooks", Types: []string{"order.*"}})
		fmt.Println(endpoint.Enabled, key, err) // key.Reveal() is shown to the tenant once
		fmt.Println(hooks.Send(ctx, b, webhooks.Event{
			ID: "msg_1", Type: "order.placed", Time: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), Data: json.RawMessage(`{"id":42}`),
		}).Err())
		fmt.Println(<-arrived)
	})
	// Output:
	// true whsec_… <nil>
	// <nil>
	// msg_1 {"type":"order.placed","timestamp":"2026-11-25T12:00:00Z","data":{"id":42}}
}

// Endpoints are told of the events of a contract that other parts of an application publish.
func ExampleFrom() {
	type Order struct {
		ID   string `json:"id"`
		Note string `json:"note"` // for us alone
	}
	placed := bus.Define("shop.order.placed", func(o Order) string { return o.ID })
	arrived := make(chan string, 1)
	running(func(_ http.ResponseWriter, r *http.Request) {
		var body struct {
			Type string
			Data json.RawMessage
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		arrived <- body.Type + " " + string(body.Data)
	}, func(ctx context.Context, b *bus.Bus, hooks *webhooks.Hooks, g *partitions.Group, url string) {
		_, _, err := hooks.Create(ctx, g, "", webhooks.Settings{URL: url})
		fmt.Println(err, b.Verify(ctx, placed))
		go b.Subscribe(ctx, "shop-forwarder", webhooks.From(hooks, b, placed, func(o Order) (webhooks.Event, error) {
			return webhooks.Event{Type: "order.placed", Data: json.RawMessage(`{"id":"` + o.ID + `"}`)}, nil
		}))
		fmt.Println(b.Publish(ctx, placed.New(Order{"42", "a friend"})).Err())
		fmt.Println(<-arrived)
	})
	// Output:
	// <nil> <nil>
	// <nil>
	// order.placed {"id":"42"}
}

// A test says at once what a receiver answers.
func ExampleHooks_Test() {
	running(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such shop", http.StatusNotFound)
	}, func(ctx context.Context, _ *bus.Bus, hooks *webhooks.Hooks, g *partitions.Group, url string) {
		endpoint, _, err := hooks.Create(ctx, g, "mine", webhooks.Settings{URL: url})
		fmt.Println(endpoint.ID, err)
		attempt, err := hooks.Test(ctx, g, "mine", webhooks.Event{})
		fmt.Println(attempt.Type, attempt.Status, attempt.Excerpt, err)
	})
	// Output:
	// mine <nil>
	// webhooks.test 404 no such shop
	//  <nil>
}

// A secret is rotated: receivers may verify with either one for a day.
func ExampleHooks_Rotate() {
	running(func(http.ResponseWriter, *http.Request) {}, func(ctx context.Context, _ *bus.Bus, hooks *webhooks.Hooks, g *partitions.Group,
		url string,
	) {
		_, old, err := hooks.Create(ctx, g, "mine", webhooks.Settings{URL: url, Scheme: webhooks.V1a})
		next, rotated := hooks.Rotate(ctx, g, "mine", 24*time.Hour)
		fmt.Println(err, rotated, old.Public().String() != next.Public().String())
	})
	// Output: <nil> <nil> true
}

// An endpoint is told again of what was given up within the last day.
func ExampleHooks_Replay() {
	running(func(http.ResponseWriter, *http.Request) {}, func(ctx context.Context, b *bus.Bus, hooks *webhooks.Hooks, g *partitions.Group,
		url string,
	) {
		_, _, err := hooks.Create(ctx, g, "mine", webhooks.Settings{URL: url})
		sent, replayed := hooks.Replay(ctx, b, webhooks.Replay{Endpoint: "mine", Since: time.Now().Add(-24 * time.Hour), Dead: true})
		fmt.Println(err, sent, replayed)
	})
	// Output: <nil> 0 <nil>
}
