package confluent_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/confluent"
)

func ExampleNew() {
	server := srfake.New() // stands for https://user:password@registry:8081
	defer server.Close()

	registry, err := confluent.New(server.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer registry.Close()

	type Order struct {
		ID string `json:"id"`
	}
	placed := bus.Define("shop.order.placed", func(o Order) string { return o.ID })
	// A bus that is opened with bus.SchemaRegistry(registry) does this when it verifies the contract and publishes.
	if err := registry.Register(context.Background(), placed.Contract()); err != nil {
		fmt.Println(err)
		return
	}
	value, err := registry.Frame(context.Background(), placed.Contract(), []byte(`{"id":"42"}`))
	fmt.Printf("%q %v\n", value, err)
	// Output: "\x00\x00\x00\x00\x01{\"id\":\"42\"}" <nil>
}
