//go:build synctests

package partitionstest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
)

// TestDocumented is what an Example would be, if that could have a testing.T: the verbs of the package, once each.
func TestDocumented(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		// Two nodes of the program, made by the function that production calls.
		bank := w.Group(ledger)
		one, two := bank.Start(), bank.Start()

		// What is published is handled when Settle returns.
		w.Publish(deposited.New(deposit{"anna", 5}))
		w.Settle()
		if cents, found := partitionstest.Row(bank, balance, "anna"); cents != 5 || !found {
			t.Errorf("anna has %d, %t", cents, found)
		}

		// The owner dies when its transaction has come to its commit; the other one takes over after the session timeout.
		owner := bank.Owner("anna")
		owner.CrashBefore(partitionstest.EndTransaction, 1)
		w.Publish(deposited.New(deposit{"anna", 2}))
		if err := owner.Wait(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if next := bank.Owner("anna"); next == owner || next != one && next != two {
			t.Errorf("%s follows %s", next.Name(), owner.Name())
		}

		// It comes back, the shards move, and the brokers refuse a transaction for once.
		owner.Restart()
		bank.Rebalance()
		bank.Abort(1)
		w.Publish(deposited.New(deposit{"anna", 3}))
		w.Settle()

		// Each deposit was counted once.
		if got := partitionstest.Events(w, balanceChanged, "anna"); !slices.Equal(got, []changed{{"anna", 5}, {"anna", 7}, {"anna", 10}}) {
			t.Errorf("anna's balances are %v", got)
		}

		// The owner stands still for a minute; then come ten minutes without a deposit.
		owner = bank.Owner("anna")
		owner.Pause()
		w.Advance(time.Minute)
		owner.Resume()
		w.Advance(10 * time.Minute)
		w.Settle()
		if got := partitionstest.Events(w, fellAsleep); !slices.Equal(got, []string{"anna"}) {
			t.Errorf("%v fell asleep", got)
		}

		// A node that stops in good order hands over at once.
		bank.Owner("anna").Stop()
		w.Settle()
	}, deposited, balanceChanged, fellAsleep)
}
