package partitions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// A durable timer fires in a transaction of its shard, wherever that is by then.
func ExampleNewTimer() {
	fired := make(chan string, 1)
	dormant := partitions.NewTimer("dormant", func(tx *partitions.Tx, account string) error {
		Balance.Delete(tx, account)
		fired <- account
		return nil
	})
	b, _, end := exampleGroup(partitions.Use(dormant), partitions.On(Deposited, func(tx *partitions.Tx, d Deposit) error {
		dormant.After(tx, 10*time.Millisecond, d.Account) // a later one for the account takes its place
		return addUp(tx, d)
	}))
	defer end()
	fmt.Println(b.Publish(context.Background(), Deposited.New(Deposit{"ada", 5})).Err())
	fmt.Println(<-fired)
	// Output:
	// <nil>
	// ada
}

// Outside work runs beside the shard, and its result comes back as a transaction.
func ExampleTx_Go() {
	done := make(chan string, 1)
	b, _, end := exampleGroup(partitions.On(Deposited, func(tx *partitions.Tx, d Deposit) error {
		tx.Go(func(context.Context) func(*partitions.Tx) error {
			rating := "good" // what a slow service says
			return func(tx *partitions.Tx) error {
				Balance.Put(tx, d.Account+"/"+rating, d.Cents)
				done <- rating
				return nil
			}
		})
		return nil
	}))
	defer end()
	fmt.Println(b.Publish(context.Background(), Deposited.New(Deposit{"ada", 5})).Err(), <-done)
	// Output: <nil> good
}

// Values may expire, and older ones are read in today's version.
func ExampleNewTable() {
	type session struct {
		User string `json:"user"`
		Zone string `json:"zone"`
	}
	sessions := partitions.NewTable[string, session]("sessions", partitions.TTL(30*time.Minute),
		partitions.Versioned(1, func(_ int, stored []byte) ([]byte, error) {
			return append(stored[:len(stored)-1], `,"zone":"UTC"}`...), nil // version 0 knew no zones
		}))
	_, g, end := exampleGroup(partitions.On(Deposited, addUp), partitions.Use(sessions))
	defer end()
	fmt.Println(ready(func() error {
		return g.Do(context.Background(), "s1", func(tx *partitions.Tx) error {
			sessions.Put(tx, "s1", session{"ada", "CET"})
			v, found := sessions.Get(tx, "s1")
			fmt.Println(v, found)
			return nil
		})
	}))
	// Output:
	// {ada CET} true
	// <nil>
}

// What cannot be handled is parked with what follows of its key, and handled in order once that is possible.
func ExampleGroup_Redrive() {
	broken := true
	b, g, end := exampleGroup(partitions.Lanes(1), partitions.OnPoison(partitions.Park),
		partitions.On(Deposited, func(tx *partitions.Tx, d Deposit) error {
			if broken {
				return errors.New("no exchange rates")
			}
			return addUp(tx, d)
		}))
	defer end()
	ctx := context.Background()
	fmt.Println(b.Publish(ctx, Deposited.New(Deposit{"ada", 5}), Deposited.New(Deposit{"ada", 7})).Err())
	_ = ready(func() error {
		if parked, err := g.Parked(ctx); err != nil || len(parked) == 0 || parked[0].Records < 2 {
			return fmt.Errorf("not yet: %w", err)
		}
		return nil
	})
	parked, _ := g.Parked(ctx)
	fmt.Println(parked[0].Key, parked[0].Records, parked[0].First.Error)
	_ = g.Do(ctx, "ada", func(*partitions.Tx) error { broken = false; return nil })
	fmt.Println(g.Redrive(ctx, "ada"))
	// Output:
	// <nil>
	// ada 2 no exchange rates
	// 2 <nil>
}

// Requests for an account are served by the node that owns it.
func ExampleGroup_Forward() {
	_, g, end := exampleGroup(partitions.On(Deposited, addUp),
		partitions.Advertise("10.0.0.7:8080"), partitions.PeerSecret([]byte("32 bytes or more, from a secret store")))
	defer end()
	byAccount := func(r *http.Request) (string, error) { return r.PathValue("account"), nil }
	mux := http.NewServeMux()
	mux.Handle("GET /accounts/{account}", g.Forward(byAccount)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := g.View(r.Context(), r.PathValue("account"), func(v *partitions.View) error {
			sum, _ := Balance.Get(v, r.PathValue("account"))
			_, err := fmt.Fprintln(w, sum)
			return err
		})
		if err != nil {
			http.Error(w, "ask again", http.StatusServiceUnavailable)
		}
	})))
	fmt.Println(mux != nil)
	// Output: true
}

// Any process can ask the cluster who owns what.
func ExampleDescribe() {
	b, g, end := exampleGroup(partitions.On(Deposited, addUp))
	defer end()
	_ = ready(func() error { return g.Do(context.Background(), "ada", func(*partitions.Tx) error { return nil }) })
	shard, _ := g.Shard("ada")
	d, err := partitions.Describe(context.Background(), b, "ledger")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(d.Nodes), len(d.Shards), d.Shards[shard].Owner.ID, d.Shards[shard].State)
	// Output: 1 4 node-1 live
}

// Nodes come and go; Watch tells.
func ExampleGroup_Watch() {
	_, g, end := exampleGroup(partitions.On(Deposited, addUp), partitions.Zone("west", "rack-1"))
	defer end()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = ready(func() error { return g.Do(ctx, "ada", func(*partitions.Tx) error { return nil }) })
	for nodes, err := range g.Watch(ctx) {
		fmt.Println(len(nodes), nodes[0].ID, nodes[0].Zone, len(nodes[0].Shards), err)
		break
	}
	owner, found, err := g.Owner("ada")
	fmt.Println(owner.Self, found, err)
	// Output:
	// 1 node-1 west 4 <nil>
	// true true <nil>
}

// Records that carry no contract are handled as they are.
func ExampleOnRecord() {
	seen := make(chan string, 1)
	b, _, end := exampleGroup(partitions.OnRecord("bank.deposits", func(_ *partitions.Tx, r bus.Record) error {
		seen <- fmt.Sprintf("%s=%s", r.Key, r.Value)
		return nil
	}))
	defer end()
	message := bus.Record{Topic: "bank.deposits", Key: []byte("ada"), Value: []byte("5")}.Message()
	fmt.Println(b.Publish(context.Background(), message).Err(), <-seen)
	// Output: <nil> ada=5
}
