package bus_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/resilience"
)

// publishOrders publishes one order for each id.
func publishOrders(b *bus.Bus, ids ...string) {
	for _, id := range ids {
		if err := b.Publish(context.Background(), OrderPlaced.New(Order{ID: id}, bus.ID("event-"+id))).Err(); err != nil {
			panic(err)
		}
	}
}

func ExampleBus_Subscribe() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1", "2")
	ctx, stop := context.WithCancel(context.Background())
	handled := 0
	err := b.Subscribe(ctx, "mailer", bus.Concurrency(1), bus.On(OrderPlaced, func(context.Context, Order) error {
		if handled++; handled == 2 {
			stop() // what runs is finished and committed first
		}
		return nil
	}))
	fmt.Println(handled, err)
	// Output: 2 <nil>
}

func ExampleOn() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1")
	ctx, stop := context.WithCancel(context.Background())
	mail := func(ctx context.Context, o Order) error {
		defer stop()
		delivered, _ := bus.DeliveredFrom(ctx)
		fmt.Println("order", o.ID, "attempt", delivered.Attempt, "for", delivered.Group)
		return nil
	}
	if err := b.Subscribe(ctx, "mailer", bus.On(OrderPlaced, mail, bus.Timeout(time.Minute))); err != nil {
		fmt.Println(err)
	}
	// Output: order 1 attempt 1 for mailer
}

// An event that was published twice under one id is handled once. cache.NewDedupe is the deduper for processes.
func ExampleOnce() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1", "1", "2")
	ctx, stop := context.WithCancel(context.Background())
	err := b.Subscribe(ctx, "mailer", bus.Concurrency(1), bus.On(OrderPlaced, func(_ context.Context, o Order) error {
		fmt.Println("order", o.ID)
		if o.ID == "2" {
			stop()
		}
		return nil
	}, bus.Once(bustest.NewDeduper())))
	fmt.Println(err)
	// Output:
	// order 1
	// order 2
	// <nil>
}

func ExampleRetry() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1")
	ctx, stop := context.WithCancel(context.Background())
	policy := resilience.RetryPolicy{Attempts: 3, Initial: time.Millisecond, Max: time.Second, Multiplier: 2}
	err := b.Subscribe(ctx, "mailer", bus.On(OrderPlaced, func(ctx context.Context, _ Order) error {
		delivered, _ := bus.DeliveredFrom(ctx)
		fmt.Println("attempt", delivered.Attempt)
		if delivered.Attempt < 3 {
			return errors.New("the mail server is busy")
		}
		stop()
		return nil
	}, bus.Retry(policy)))
	fmt.Println(err)
	// Output:
	// attempt 1
	// attempt 2
	// attempt 3
	// <nil>
}

// What failed in place comes back through the topic "mailer.retry", and others overtake it.
func ExampleRetryLater() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1", "2")
	ctx, stop := context.WithCancel(context.Background())
	once := resilience.RetryPolicy{Attempts: 1, Initial: time.Millisecond, Max: time.Second, Multiplier: 2}
	err := b.Subscribe(ctx, "mailer", bus.Concurrency(1), bus.On(OrderPlaced, func(ctx context.Context, o Order) error {
		delivered, _ := bus.DeliveredFrom(ctx)
		fmt.Println("order", o.ID, "attempt", delivered.Attempt)
		switch {
		case o.ID == "1" && delivered.Attempt == 1:
			return errors.New("the mail server is busy")
		case o.ID == "1":
			stop()
		}
		return nil
	}, bus.Retry(once), bus.RetryLater(300*time.Millisecond)))
	fmt.Println(err)
	// Output:
	// order 1 attempt 1
	// order 2 attempt 1
	// order 1 attempt 2
	// <nil>
}

// A shared group is a queue: any number of processes, no order.
func ExampleShared() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1", "2", "3")
	ctx, stop := context.WithCancel(context.Background())
	handled := 0
	err := b.Subscribe(ctx, "thumbnails", bus.Shared(), bus.Concurrency(1), bus.On(OrderPlaced, func(context.Context, Order) error {
		if handled++; handled == 3 {
			stop()
		}
		return nil
	}))
	fmt.Println(handled, err)
	// Output: 3 <nil>
}

// Every process sees what is published while it runs.
func ExampleBroadcast() {
	b, end := exampleBus()
	defer end()
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		for ctx.Err() == nil { // until the subscription has begun
			_ = b.Publish(ctx, OrderPlaced.New(Order{ID: "1"}))
		}
	}()
	err := b.Subscribe(ctx, "prices", bus.Broadcast(), bus.On(OrderPlaced, func(context.Context, Order) error {
		stop()
		return nil
	}))
	fmt.Println(err)
	// Output: <nil>
}

// Dead letters keep their bytes and the reason, and go back to their group when its handler is mended.
func ExampleBus_Redrive() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1")
	ctx, stop := context.WithCancel(context.Background())
	err := b.Subscribe(ctx, "mailer", bus.On(OrderPlaced, func(context.Context, Order) error {
		time.AfterFunc(300*time.Millisecond, stop)
		return resilience.Permanent(errors.New("no such address"))
	}))
	for letter, err := range b.DeadLetters(context.Background(), "mailer") {
		fmt.Println(letter.Reason, letter.Error, err)
	}
	moved, errRedrive := b.Redrive(context.Background(), "mailer", bus.Where(func(d bus.DeadLetter) bool {
		return d.Reason == bus.ReasonPermanent
	}))
	fmt.Println(moved, errRedrive, err)
	// Output:
	// permanent no such address <nil>
	// 1 <nil> <nil>
}

func ExampleBus_Lag() {
	b, end := exampleBus()
	defer end()
	publishOrders(b, "1", "2")
	ctx, stop := context.WithCancel(context.Background())
	err := b.Subscribe(ctx, "mailer", bus.Concurrency(1), bus.On(OrderPlaced, func(_ context.Context, o Order) error {
		if o.ID == "2" {
			stop()
		}
		return nil
	}))
	publishOrders(b, "3", "4", "5")
	groups, errLag := b.Lag(context.Background(), "mailer")
	for _, group := range groups {
		fmt.Println(group.Group, "is", group.Total(), "behind")
	}
	fmt.Println(err, errLag)
	// Output:
	// mailer is 3 behind
	// <nil> <nil>
}
