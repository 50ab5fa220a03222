package durable_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
)

type (
	// Light is a state, and Turn an event of a lamp.
	Light string
	Turn  string
	// Lighting is an event's payload: its tags are limits that the document has.
	Lighting struct {
		Percent int `json:"percent" minimum:"1" maximum:"100"`
	}
	// Lamp is what a lamp knows of itself.
	Lamp struct {
		Percent int `json:"percent"`
	}
)

// Event names the payload's event.
func (Lighting) Event() Turn { return "light" }

// Lamps can be lit, once.
var Lamps = machines.Define(machines.Spec[Light, Turn, Lamp]{
	Name: "lamp", Start: "dark", Final: []Light{"lit"},
	On: []machines.Transition[Light, Turn, Lamp]{{
		Event: machines.On[Lighting](), From: []Light{"dark"}, To: "lit",
		Do: machines.Do(func(_ machines.Instance[Light, Lamp], l Lighting) (Lamp, machines.Effects) { return Lamp(l), nil }),
	}},
})

// Example serves a machine: one route reads its instances, and each event has one.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	broker, _ := kfake.NewCluster(kfake.NumBrokers(1))
	defer broker.Close()
	b, err := bus.Open(ctx, "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	defer b.Close()
	if err := b.Verify(ctx, Lamps.Contracts()...); err != nil {
		panic(err)
	}
	server := httptest.NewUnstartedServer(nil)
	group, err := partitions.New(b, "lamps", Lamps.Part(), partitions.Advertise(server.Listener.Addr().String()),
		partitions.PeerSecret([]byte("a secret of the group, of 32 bytes")))
	if err != nil {
		panic(err)
	}

	errs, _ := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	steps := httpapi.Steps{Errors: errs, Peer: group.Forwarded}
	chain, _ := httpapi.Chain(steps)
	router := chi.NewRouter()
	router.Use(chain...)
	api := operations.New(router, steps, operations.About{Title: "Lamps", Version: "1"})
	durable.Machine(api, group, Lamps, func(_ context.Context, to durable.Access) error {
		if to.ID == "sun" {
			return &httpapi.Problem{Status: http.StatusForbidden, Detail: "leave the sun alone"}
		}
		return nil
	})
	if err := api.Publish("/openapi.json"); err != nil {
		panic(err)
	}
	server.Config.Handler = router
	server.Start()
	ended := make(chan error)
	go func() { ended <- group.Run(ctx) }()
	for _, err := group.Nodes(); errors.Is(err, partitions.ErrNotRunning); {
		_, err = group.Nodes()
	}

	for _, path := range []string{"/lamp/desk/light", "/lamp/desk/light", "/lamp/sun/light"} {
		answer, err := http.Post(server.URL+path, "application/json", strings.NewReader(`{"percent":40}`))
		if err != nil {
			panic(err)
		}
		answer.Body.Close()
		fmt.Println(path, answer.StatusCode)
	}
	server.Close()
	stop()
	fmt.Println(<-ended)
	// Output:
	// /lamp/desk/light 200
	// /lamp/desk/light 409
	// /lamp/sun/light 403
	// <nil>
}
