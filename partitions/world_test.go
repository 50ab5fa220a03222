//go:build synctests

package partitions_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

type deposit struct {
	Account string `json:"account"`
	Cents   int64  `json:"cents"`
}

type changed struct {
	Account string `json:"account"`
	Balance int64  `json:"balance"`
	Token   int64  `json:"token,omitempty"`
	Shard   int32  `json:"shard,omitempty"`
}

var (
	deposited = bus.Define("bank.account.deposited", func(d deposit) string { return d.Account },
		bus.InTopic("deposits"), bus.Partitions(shards))
	balanceChanged = bus.Define("bank.balance.changed", func(c changed) string { return c.Account },
		bus.InTopic("balances"), bus.Partitions(shards))
)

const shards = 6

// world is a broker on a virtual network, and a bus for the test's own use.
type world struct {
	t       *testing.T
	network kfake.VirtualNetwork
	cluster *kfake.Cluster
	bus     *bus.Bus
	calls   atomic.Int64
}

func newWorld(t *testing.T, opts ...kfake.Opt) *world {
	t.Helper()
	w := &world{t: t}
	var err error
	w.cluster, err = kfake.NewCluster(append(opts, kfake.NumBrokers(3), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(w.network.Listen))...)
	if err != nil {
		t.Fatal(err)
	}
	w.bus = w.open()
	for _, e := range []bus.Definition{deposited, balanceChanged} {
		if err := w.bus.Create(t.Context(), bus.TopicSpec{Name: e.Contract().Topic(), Partitions: shards}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) open(opts ...bus.Option) *bus.Bus {
	w.t.Helper()
	b, err := bus.Open(w.t.Context(), "kafka://"+w.cluster.ListenAddrs()[0], append([]bus.Option{bus.Dialer(line.New(w.network.DialContext).Open), logged()}, opts...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// logged shows what nodes log where MILLRACE_TEST_LOG is set.
func logged() bus.Option {
	if os.Getenv("MILLRACE_TEST_LOG") == "" {
		return bus.Logger(slog.New(slog.DiscardHandler))
	}
	return bus.Logger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})))
}

func (w *world) end() {
	_ = w.bus.Close()
	w.cluster.Close()
}

// deposit publishes n deposits of 1 cent on each of the accounts.
func (w *world) deposit(accounts, n int) {
	w.t.Helper()
	var msgs []bus.Message
	for range n {
		for a := range accounts {
			msgs = append(msgs, deposited.New(deposit{Account: "a" + strconv.Itoa(a), Cents: 1}))
		}
	}
	if err := w.bus.Publish(w.t.Context(), msgs...).Err(); err != nil {
		w.t.Fatal(err)
	}
}

// ledger is a group that keeps balances, and counts its handler's calls.
func (w *world) ledger(b *bus.Bus, node string, opts ...partitions.Option) (*partitions.Group, *partitions.Table[string, int64], error) {
	balance := partitions.NewTable[string, int64]("balance")
	g, err := partitions.New(b, "ledger", append([]partitions.Option{
		partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
			w.calls.Add(1)
			v, _ := balance.Get(tx, d.Account)
			balance.Put(tx, d.Account, v+d.Cents)
			tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents}))
			return nil
		}),
		partitions.Use(balance), partitions.NodeID(node), partitions.Lanes(2),
	}, opts...)...)
	return g, balance, err
}

// follow checks that each account's balances are 1, 2, 3 … up to n, in order, and returns when all are there.
func (w *world) follow(accounts, n int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Minute)
	defer cancel()
	last, done := make(map[string]int64), 0
	for event, err := range bus.Tail(ctx, w.bus, balanceChanged, bus.Earliest) {
		if err != nil {
			w.t.Fatal(err)
		}
		c := event.Value
		if want := last[c.Account] + 1; c.Balance != want {
			w.t.Fatalf("account %s has the balance %d, want %d", c.Account, c.Balance, want)
		}
		last[c.Account] = c.Balance
		if c.Balance == int64(n) {
			done++
		}
		if done == accounts {
			return
		}
	}
	w.t.Fatalf("%d of %d accounts are at %d after ten minutes", done, accounts, n)
}

// start runs the group until the function that it returns is called.
func start(t *testing.T, g *partitions.Group) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(fmt.Errorf("run: %w", err))
		}
	}
}

func publish(t *testing.T, b *bus.Bus, msgs ...bus.Message) {
	t.Helper()
	if err := b.Publish(t.Context(), msgs...).Err(); err != nil {
		t.Fatal(err)
	}
}

// awaitHandled returns when all deposits are handled.
func (w *world) awaitHandled() {
	w.t.Helper()
	for {
		lags, err := w.bus.Lag(w.t.Context(), "ledger")
		if err != nil {
			w.t.Fatal(err)
		}
		if len(lags[0].Partitions) > 0 && lags[0].Total() == 0 {
			return
		}
		<-time.After(time.Millisecond)
	}
}
