package bus_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
)

// Order is the payload of the examples' events.
type Order struct {
	ID    string `json:"id"`
	Cents int    `json:"cents"`
}

// OrderPlaced is a contract: its key is the order's id, and its topic follows from its name.
var OrderPlaced = bus.Define("shop.order.placed", func(o Order) string { return o.ID })

// exampleBroker runs a broker within this process and has the topic of OrderPlaced.
func exampleBroker() (address string, end func()) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, string(OrderPlaced.Contract().Topic())))
	if err != nil {
		panic(err)
	}
	return "kafka://" + broker.ListenAddrs()[0], broker.Close
}

func exampleBus() (b *bus.Bus, end func()) {
	address, stop := exampleBroker()
	b, err := bus.Open(context.Background(), address)
	if err != nil {
		panic(err)
	}
	return b, func() { _ = b.Close(); stop() }
}

func ExampleOpen() {
	address, stop := exampleBroker()
	defer stop()
	b, err := bus.Open(context.Background(), address, bus.ClientID("shop"), bus.PublishTimeout(10*time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = b.Close() }()
	fmt.Println(b.Ping(context.Background()))

	_, err = bus.Open(context.Background(), "kafka://ada:secret@localhost?sasl=plain")
	fmt.Println(err)
	// Output:
	// <nil>
	// bus: address: sasl=plain would send the password in the clear; use the scheme kafkas, or scram-sha-512
}

func ExampleDefine() {
	fmt.Println(OrderPlaced.Contract().Name(), "is published to", OrderPlaced.Contract().Topic())
	broken := bus.Define("Order Placed", func(o Order) string { return o.ID })
	fmt.Println(errors.Is(broken.Err(), bus.ErrContract))
	// Output:
	// shop.order.placed is published to outbox.event.order
	// true
}

func ExampleBus_Publish() {
	b, end := exampleBus()
	defer end()
	results := b.Publish(context.Background(), OrderPlaced.New(Order{ID: "1", Cents: 450}), OrderPlaced.New(Order{ID: "2"}))
	if err := results.Err(); err != nil {
		fmt.Println(err)
		return
	}
	for _, result := range results {
		fmt.Println(result.Topic, result.Offset)
	}
	// Output:
	// outbox.event.order 0
	// outbox.event.order 1
}

// Both events are seen by readers, or none of them.
func ExampleAtomic() {
	b, end := exampleBus()
	defer end()
	ctx := context.Background()
	if err := b.Publish(ctx, bus.Atomic(OrderPlaced.New(Order{ID: "1"}), OrderPlaced.New(Order{ID: "2"}))).Err(); err != nil {
		fmt.Println(err)
		return
	}
	for got, err := range bus.Tail(ctx, b, OrderPlaced, bus.Earliest, bus.UntilEnd()) {
		fmt.Println(got.Value.ID, err)
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
}

// Encode makes records without sending them, for a program that has a way of its own.
func ExampleEncode() {
	records, err := bus.Encode(context.Background(), OrderPlaced.New(Order{ID: "1", Cents: 450}, bus.ID("e1")))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range records {
		fmt.Printf("%s %s %s %s %s\n", r.Topic, r.Key, r.Type(), r.ID(), r.Value)
	}
	// Output: outbox.event.order 1 shop.order.placed e1 {"id":"1","cents":450}
}

func ExampleBus_Read() {
	b, end := exampleBus()
	defer end()
	ctx := context.Background()
	if err := b.Publish(ctx, OrderPlaced.New(Order{ID: "1", Cents: 450})).Err(); err != nil {
		fmt.Println(err)
		return
	}
	for record, err := range b.Read(ctx, "outbox.event.order", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d@%d %s %s\n", record.Partition, record.Offset, record.Key, record.Value)
	}
	// Output: 0@0 1 {"id":"1","cents":450}
}

// Without UntilEnd the loop waits for new events; leaving it is enough to stop.
func ExampleTail() {
	b, end := exampleBus()
	defer end()
	ctx := context.Background()
	if err := b.Publish(ctx, OrderPlaced.New(Order{ID: "1", Cents: 450})).Err(); err != nil {
		fmt.Println(err)
		return
	}
	for got, err := range bus.Tail(ctx, b, OrderPlaced, bus.Earliest) {
		fmt.Println(got.Value.ID, got.Value.Cents, err)
		break
	}
	// Output: 1 450 <nil>
}

func ExampleBus_Create() {
	b, end := exampleBus()
	defer end()
	ctx := context.Background()
	spec := bus.TopicSpec{Name: "audit", Partitions: 3, Configs: map[string]string{"cleanup.policy": "compact"}}
	fmt.Println(b.Create(ctx, spec), b.Create(ctx, spec))
	// Output: <nil> <nil>
}

func ExampleBus_Topics() {
	b, end := exampleBus()
	defer end()
	topics, err := b.Topics(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, topic := range topics {
		fmt.Println(topic.Name, len(topic.Partitions), topic.Partitions[0].End)
	}
	_, err = b.Topics(context.Background(), "misspelt")
	fmt.Println(errors.Is(err, bus.ErrNoTopic))
	// Output:
	// outbox.event.order 1 0
	// true
}

func ExampleBus_Verify() {
	b, end := exampleBus()
	defer end()
	ctx := context.Background()
	fmt.Println(b.Verify(ctx, OrderPlaced))

	type changed struct {
		ID int `json:"id"`
	}
	other := bus.Define("shop.order.placed", func(c changed) string { return fmt.Sprint(c.ID) })
	fmt.Println(errors.Is(b.Verify(ctx, other), bus.ErrIncompatible))
	// Output:
	// <nil>
	// true
}
