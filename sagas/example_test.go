package sagas_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

func say(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

// Cart is what a checkout is started with.
type Cart struct {
	Item  string `json:"item"`
	Cents int    `json:"cents"`
}

// Reserve keeps an item for the saga that asks, and is undone by giving it back.
var Reserve = sagas.NewStep("reserve", func(_ context.Context, c Cart) (string, error) {
	say("reserve", c.Item)
	return "shelf 7", nil
}, func(_ context.Context, c Cart, shelf string) error {
	say("put", c.Item, "back on", shelf)
	return nil
})

// Charge gives its key to whom it calls, so that what is called twice happens once.
var Charge = sagas.NewStep("charge", func(ctx context.Context, c Cart) (int, error) {
	if sagas.Key(ctx) == "" {
		return 0, errors.New("there is no key")
	}
	if c.Cents > 100 {
		return 0, resilience.Permanent(errors.New("the card was declined"))
	}
	return c.Cents, nil
}, nil, sagas.Timeout(10*time.Second))

// Approved is what a person says.
var Approved = sagas.NewSignal[string]("approved")

// Checkout waits for a person where much is to be paid. Whatever fails, what was reserved is put back.
var Checkout = sagas.Define("checkout", func(s *sagas.Saga, c Cart) (string, error) {
	shelf, err := sagas.Do(s, Reserve, c)
	if err != nil {
		return "", err
	}
	if c.Cents >= 50 {
		if _, err := sagas.Await(s, Approved, 24*time.Hour); err != nil {
			return "", fmt.Errorf("nobody has approved: %w", err)
		}
	}
	if _, err := sagas.Do(s, Charge, c); err != nil {
		return "", err
	}
	return "it is on " + shelf, nil
})

// serve runs a group with the flow until the example ends.
func serve(f func(ctx context.Context, b *bus.Bus, g *partitions.Group)) {
	ctx, stop := context.WithCancel(context.Background())
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
	if err := b.Verify(ctx, Checkout.Contracts()...); err != nil {
		panic(err)
	}
	g, err := partitions.New(b, "shop", Checkout.Part())
	if err != nil {
		panic(err)
	}
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()
	for {
		if _, err := Checkout.Handle(g, "nobody").Describe(ctx); errors.Is(err, sagas.ErrNotFound) {
			break
		}
	}
	f(ctx, b, g)
	stop()
	if err := <-ended; err != nil {
		say(err)
	}
}

func ExampleDefine() {
	serve(func(ctx context.Context, b *bus.Bus, g *partitions.Group) {
		fmt.Println(Checkout.Start(ctx, b, "1", Cart{"pen", 5}).Err())
		fmt.Println(Checkout.Handle(g, "1").Result(ctx))
	})
	// Output:
	// <nil>
	// reserve pen
	// it is on shelf 7 <nil>
}

// A step that fails for good ends the flow, and what was done before is undone.
func ExampleFlow_Start() {
	serve(func(ctx context.Context, b *bus.Bus, g *partitions.Group) {
		err := Checkout.Start(ctx, b, "2", Cart{"ship", 500}).Err()
		err = errors.Join(err, Approved.Send(ctx, b, Checkout, "2", "anna").Err())
		_, failed := Checkout.Handle(g, "2").Result(ctx)
		fmt.Println(failed, err)
	})
	// Output:
	// reserve ship
	// put ship back on shelf 7
	// sagas: checkout "2" is compensated: sagas: step charge failed after 1 attempts: the card was declined <nil>
}

// A flow waits for a person as long as it takes. The signal may also come before the flow awaits it.
func ExampleSignal_Send() {
	serve(func(ctx context.Context, b *bus.Bus, g *partitions.Group) {
		err := Checkout.Start(ctx, b, "3", Cart{"book", 60}).Err()
		err = errors.Join(err, Approved.Send(ctx, b, Checkout, "3", "anna").Err())
		result, failed := Checkout.Handle(g, "3").Result(ctx)
		fmt.Println(result, failed, err)
		d, err := Checkout.Handle(g, "3").Describe(ctx)
		for _, done := range d.Done {
			fmt.Println(d.Status, done.At, done.Step, err)
		}
	})
	// Output:
	// reserve book
	// it is on shelf 7 <nil> <nil>
	// completed 1 reserve <nil>
	// completed 3 charge <nil>
}

func ExampleFlow_Cancel() {
	serve(func(ctx context.Context, b *bus.Bus, g *partitions.Group) {
		err := Checkout.Start(ctx, b, "4", Cart{"lamp", 80}).Err()
		for d := (sagas.Description{}); d.Status != sagas.Waiting; {
			d, _ = Checkout.Handle(g, "4").Describe(ctx)
		}
		err = errors.Join(err, Checkout.Cancel(ctx, b, "it is broken", "4").Err())
		_, failed := Checkout.Handle(g, "4").Result(ctx)
		fmt.Println(failed, err)
	})
	// Output:
	// reserve lamp
	// put lamp back on shelf 7
	// sagas: checkout "4" is compensated: cancelled: it is broken <nil>
}
