//go:build synctests

package partitions_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// parking is a ledger that refuses withdrawals while it is closed, and parks.
func (w *world) parking(t *testing.T, node string, closed *atomic.Bool, opts ...partitions.Option) *partitions.Group {
	t.Helper()
	balance := partitions.NewTable[string, int64]("balance")
	g, err := partitions.New(w.bus, "ledger", append(opts, partitions.Lanes(1), partitions.Use(balance), partitions.NodeID(node),
		partitions.OnPoison(partitions.Park), partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
			v, _ := balance.Get(tx, d.Account)
			balance.Put(tx, d.Account, v+d.Cents)
			tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents}))
			if d.Cents < 0 && closed.Load() {
				return errors.New("closed")
			}
			return nil
		}))...)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// balances reads n changes of accounts, by account.
func (w *world) balances(n int) map[string][]int64 {
	w.t.Helper()
	seen := make(map[string][]int64)
	for event, err := range bus.Tail(w.t.Context(), w.bus, balanceChanged, bus.Earliest) {
		if err != nil {
			w.t.Fatal(err)
		}
		seen[event.Value.Account] = append(seen[event.Value.Account], event.Value.Balance)
		if n--; n == 0 {
			break
		}
	}
	return seen
}

// TestPark parks a record and what follows of its key, and handles it all in order later, on another node.
func TestPark(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var closed atomic.Bool
		closed.Store(true)
		stop := start(t, w.parking(t, "one", &closed))
		publish(t, w.bus, deposited.New(deposit{"x", 10}), deposited.New(deposit{"y", 1}), deposited.New(deposit{"x", -3}),
			deposited.New(deposit{"x", 20}), deposited.New(deposit{"y", 1}))
		w.awaitHandled()
		stop()

		g := w.parking(t, "two", &closed)
		stop = start(t, g)
		publish(t, w.bus, deposited.New(deposit{"x", 40}), deposited.New(deposit{"y", 1}))
		w.awaitHandled()
		if got := w.balances(4); !slices.Equal(got["x"], []int64{10}) || !slices.Equal(got["y"], []int64{1, 2, 3}) {
			t.Errorf("balances %v: x must stand still, and y must not", got)
		}
		parked, err := g.Parked(t.Context())
		if err != nil || len(parked) != 1 || parked[0].Key != "x" || parked[0].Records != 3 ||
			parked[0].First.Reason != bus.ReasonExhausted || parked[0].First.Error != "closed" || parked[0].First.Record.Topic != "deposits" {
			t.Fatalf("%+v, %v", parked, err)
		}
		if n, err := g.Redrive(t.Context(), "x"); n != 0 || err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("redrive handled %d, %v", n, err)
		}
		closed.Store(false)
		publish(t, w.bus, deposited.New(deposit{"x", 100}))
		w.awaitHandled()
		if n, err := g.Redrive(t.Context(), "x"); n != 4 || err != nil {
			t.Errorf("redrive handled %d, %v, want 4", n, err)
		}
		publish(t, w.bus, deposited.New(deposit{"x", -1}))
		if got := w.balances(9); !slices.Equal(got["x"], []int64{10, 7, 27, 67, 167, 166}) {
			t.Errorf("balances %v", got)
		}
		if parked, err := g.Parked(t.Context()); err != nil || len(parked) != 0 {
			t.Errorf("still parked: %+v, %v", parked, err)
		}
		if n, err := g.Redrive(t.Context(), "nothing"); n != 0 || err != nil {
			t.Errorf("nothing to redrive: %d, %v", n, err)
		}
		stop()
	})
}

// TestParkSkips gives the first record up and goes on with the others, and halts where too many would wait.
func TestParkSkips(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var closed atomic.Bool
		closed.Store(true)
		g := w.parking(t, "one", &closed, partitions.ParkLimit(3))
		ended := make(chan error, 1)
		go func() { ended <- g.Run(t.Context()) }()
		huge := bus.Record{
			Topic: "deposits", Key: []byte("x"), Value: []byte(strings.Repeat("?", 999_800)),
			Headers: bus.Headers{{Key: "ce_type", Value: []byte("bank.account.deposited")}},
		}
		publish(t, w.bus, huge.Message(), deposited.New(deposit{"x", 1}), deposited.New(deposit{"x", 2}))
		w.awaitHandled()
		if n, err := g.Redrive(t.Context(), "x", partitions.SkipFirst()); n != 3 || err != nil {
			t.Errorf("redrive handled %d, %v", n, err)
		}
		if got := w.balances(2); !slices.Equal(got["x"], []int64{1, 3}) {
			t.Errorf("balances %v", got)
		}
		letters := 0
		for letter, err := range w.bus.DeadLetters(t.Context(), "ledger") {
			if err != nil || letter.Reason != bus.ReasonUndecodable || len(letter.Record.Value) != len(huge.Value) {
				t.Errorf("%s of %d bytes, %v", letter.Reason, len(letter.Record.Value), err)
			}
			letters++
		}
		if letters != 1 {
			t.Errorf("%d dead letters", letters)
		}
		for range 4 {
			publish(t, w.bus, deposited.New(deposit{"x", -1}))
		}
		poison, ok := errors.AsType[*partitions.PoisonError](<-ended)
		if !ok || !errors.Is(poison, partitions.ErrLimit) {
			t.Errorf("the group ended with %v", poison)
		}
	})
}
