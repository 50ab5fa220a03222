package partitions_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Deposit is the payload of the examples' events.
type Deposit struct {
	Account string `json:"account"`
	Cents   int    `json:"cents"`
}

var (
	Deposited = bus.Define("bank.deposited", func(d Deposit) string { return d.Account }, bus.InTopic("bank.deposits"))
	Balanced  = bus.Define("bank.balanced", func(d Deposit) string { return d.Account }, bus.InTopic("bank.balances"))
	Balance   = partitions.NewTable[string, int]("balance")
)

// addUp is a handler: what it reads, writes and emits is one transaction with the event's offset.
func addUp(tx *partitions.Tx, d Deposit) error {
	sum, _ := Balance.Get(tx, d.Account)
	Balance.Put(tx, d.Account, sum+d.Cents)
	tx.Emit(Balanced.New(Deposit{Account: d.Account, Cents: sum + d.Cents}))
	return nil
}

// exampleGroup runs a group on a broker within this process.
func exampleGroup(opts ...partitions.Option) (b *bus.Bus, g *partitions.Group, end func()) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "bank.deposits", "bank.balances"))
	if err != nil {
		panic(err)
	}
	if b, err = bus.Open(context.Background(), "kafka://"+broker.ListenAddrs()[0]); err != nil {
		panic(err)
	}
	if g, err = partitions.New(b, "ledger", append(opts, partitions.Use(Balance), partitions.NodeID("node-1"))...); err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()
	return b, g, func() { stop(); <-ended; _ = b.Close(); broker.Close() }
}

// ready calls f until the key's shard is live on this node.
func ready(f func() error) error {
	return resilience.Do(context.Background(), resilience.RetryPolicy{
		Attempts: 1000, Initial: 10 * time.Millisecond, Max: 50 * time.Millisecond, Multiplier: 1, Elapsed: time.Minute,
	}, func(context.Context) error { return f() })
}

// Deposits are added up. However often a node crashes, each counts once in the table and in what is emitted.
func ExampleOn() {
	b, _, end := exampleGroup(partitions.On(Deposited, addUp))
	defer end()
	ctx := context.Background()
	if err := b.Publish(ctx, Deposited.New(Deposit{"ada", 5}), Deposited.New(Deposit{"ada", 7})).Err(); err != nil {
		fmt.Println(err)
	}
	for event, err := range bus.Tail(ctx, b, Balanced, bus.Earliest) {
		fmt.Println(event.Value, err)
		if event.Value.Cents == 12 {
			break
		}
	}
	// Output:
	// {ada 5} <nil>
	// {ada 12} <nil>
}

// Do changes a shard that this node owns, and View reads one.
func ExampleGroup_View() {
	_, g, end := exampleGroup(partitions.On(Deposited, addUp))
	defer end()
	ctx := context.Background()
	fmt.Println(ready(func() error {
		return g.Do(ctx, "ada", func(tx *partitions.Tx) error {
			Balance.Put(tx, "ada", 3)
			return nil
		})
	}))
	err := g.View(ctx, "ada", func(v *partitions.View) error {
		sum, found := Balance.Get(v, "ada")
		fmt.Println(sum, found)
		for account, sum := range Balance.Range(v) {
			fmt.Println(account, sum)
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// <nil>
	// 3 true
	// ada 3
	// <nil>
}

// A command is asked from any node and answered by the owner of its key, exactly once.
func ExampleAsk() {
	withdraw := partitions.NewCommand[Deposit, int]("withdraw", func(d Deposit) string { return d.Account })
	_, g, end := exampleGroup(partitions.On(Deposited, addUp), partitions.Answer(withdraw, func(tx *partitions.Tx, d Deposit) (int, error) {
		sum, _ := Balance.Get(tx, d.Account)
		if sum < d.Cents {
			return 0, &partitions.AskError{Code: "poor", Message: fmt.Sprintf("there are %d cents", sum)}
		}
		Balance.Put(tx, d.Account, sum-d.Cents)
		return sum - d.Cents, nil
	}, partitions.Remember(24*time.Hour)))
	defer end()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := ready(func() error {
		return g.Do(ctx, "ada", func(tx *partitions.Tx) error { Balance.Put(tx, "ada", 10); return nil })
	})
	fmt.Println(err)
	fmt.Println(partitions.Ask(ctx, g, withdraw, Deposit{"ada", 4}))
	_, err = partitions.Ask(ctx, g, withdraw, Deposit{"ada", 40})
	refused, _ := errors.AsType[*partitions.AskError](err)
	fmt.Println(refused.Code, refused.Message)
	for range 2 { // the second time as after an answer that was lost
		fmt.Println(partitions.Ask(ctx, g, withdraw, Deposit{"ada", 4}, partitions.Once("6f1c")))
	}
	// Output:
	// <nil>
	// 6 <nil>
	// poor there are 6 cents
	// 2 <nil>
	// 2 <nil>
}

// One node at a time leads. The token fences what it writes outside of Kafka.
func ExampleSingleton() {
	led := make(chan int64)
	_, _, end := exampleGroup(partitions.On(Deposited, addUp),
		partitions.Singleton("interest", func(ctx context.Context, lease *partitions.Lease) error {
			led <- lease.Token() // as in: UPDATE … WHERE token <= $1
			<-ctx.Done()
			return nil
		}))
	defer end()
	token := <-led
	fmt.Println(token >= 0)
	// Output: true
}
