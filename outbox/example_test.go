package outbox_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

// In publishes an event with the rows that it tells of, or not at all.
func ExampleIn() {
	ctx := context.Background()
	OrderPlaced := bus.Define("shop.order.placed", func(o order) string { return o.ID })
	place := func(pool *pgxpool.Pool, o order) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO orders (id, n) VALUES ($1, $2)", o.ID, o.N); err != nil {
				return err
			}
			return outbox.In(tx).Publish(ctx, OrderPlaced.New(o)).Err()
		})
	}
	fmt.Println(OrderPlaced.Contract().Topic(), place != nil)
	// Output: outbox.event.order true
}

// NewRelay checks its settings; a group that is given the relay's part publishes while it runs.
func ExampleNewRelay() {
	relay, err := outbox.NewRelay("postgres://relay@localhost:5432/shop", outbox.Slot("shop_outbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	run := func(ctx context.Context, b *bus.Bus) error {
		group, err := partitions.New(b, "outbox", relay.Part())
		if err != nil {
			return err
		}
		return group.Run(ctx)
	}
	fmt.Println(relay.Status().Slot, relay.Status().Working, run != nil)
	// Output: shop_outbox false true
}

// Connector makes the relay's records by a Debezium connector's own configuration.
func ExampleConnector() {
	config, err := os.ReadFile("../deploy/kafka/debezium-outbox.json")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = outbox.NewRelay("postgres://relay@localhost:5432/shop", outbox.Connector(config))
	fmt.Println(err)
	// Output: <nil>
}

func ExampleParseLSN() {
	at, err := outbox.ParseLSN("16/B374D848")
	fmt.Println(at, err)
	// Output: 16/B374D848 <nil>
}

// Once makes a consumer's effect in its database happen once, however often the event is delivered.
func ExampleOnce() {
	var pool *pgxpool.Pool // the consumer's database
	OrderPlaced := bus.Define("shop.order.placed", func(o order) string { return o.ID })
	count := func(ctx context.Context, o order) error {
		delivered, _ := bus.DeliveredFrom(ctx)
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			first, err := outbox.Once(ctx, outbox.In(tx), delivered.Group, delivered.Record.ID())
			if err != nil || !first {
				return err
			}
			_, err = tx.Exec(ctx, "UPDATE totals SET pieces = pieces + $1", o.N)
			return err
		})
	}
	subscribe := func(ctx context.Context, b *bus.Bus) error {
		return b.Subscribe(ctx, "counter", bus.On(OrderPlaced, count))
	}
	fmt.Println(OrderPlaced.Contract().Topic(), subscribe != nil)
	// Output: outbox.event.order true
}

// Forget is called by cron, or now and then, until there is no more to remove.
func ExampleForget() {
	clean := func(ctx context.Context, pool *pgxpool.Pool) error {
		for removed := int64(10_000); removed == 10_000; {
			err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) (err error) {
				removed, err = outbox.Forget(ctx, outbox.In(tx), 7*24*time.Hour)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Println(clean != nil)
	// Output: true
}

// Polled is for databases without logical replication: given to Migrate and to the relay, rows are looked for.
func ExamplePolled() {
	setUp := func(ctx context.Context, pool *pgxpool.Pool) error {
		return outbox.Migrate(ctx, pool, outbox.Polled(), outbox.Notify())
	}
	relay, err := outbox.NewRelay("postgres://relay@localhost:5432/shop", outbox.Polled(), outbox.PollEvery(time.Second))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(relay.Status().Slot, setUp != nil)
	// Output: poll_outboxevent true
}

// LogOnly needs no table: the write-ahead log alone carries the event.
func ExampleLogOnly() {
	place := func(ctx context.Context, tx pgx.Tx, events ...bus.Message) error {
		return outbox.In(tx, outbox.LogOnly()).Publish(ctx, events...).Err()
	}
	fmt.Println(place != nil)
	// Output: true
}
