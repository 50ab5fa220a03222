package bus_test

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/bus"
)

// Paying is sent to an order, and does not say to which.
type Paying struct{ Cents int }

var Pay = bus.Define("shop.order.pay", bus.Addressed[Paying].Recipient, bus.Encoding(bus.Addressing(bus.JSON[Paying]())))

func ExampleAddressing() {
	b, end := exampleBus()
	defer end()
	ctx := context.Background()
	if err := b.Publish(ctx, Pay.New(bus.Addressed[Paying]{To: "order-7", Value: Paying{Cents: 450}})).Err(); err != nil {
		fmt.Println(err)
		return
	}
	for got, err := range bus.Tail(ctx, b, Pay, bus.Earliest, bus.UntilEnd()) {
		fmt.Printf("%s %s %v\n", got.Record.Key, got.Record.Value, err)
	}
	// Output:
	// order-7 {"Cents":450} <nil>
}
