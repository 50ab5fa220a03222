//go:build synctests

package partitionstest_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// claims counts how often shards of the ledger were taken.
func claims(t *testing.T, w *partitionstest.World) int {
	t.Helper()
	n := 0
	for record, err := range w.Bus().Read(t.Context(), "ledger.changelog", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		if string(record.Key) == "!claim" {
			n++
		}
	}
	return n
}

func TestRebalance(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		calls := 0
		bank := w.Group(counted(&calls))
		bank.Start()
		w.Settle()
		taken := claims(t, w)
		for i := range int64(20) {
			w.Publish(deposited.New(deposit{"anna", i}), deposited.New(deposit{"bert", i}), deposited.New(deposit{"carl", i}))
			if i == 10 {
				bank.Rebalance()
			}
		}
		w.Settle()
		if taken != 4 || claims(t, w) != 4+2+2 {
			t.Errorf("%d claims before and %d after, want that two of four shards have gone and come back", taken, claims(t, w))
		}
		if calls != 60 || len(partitionstest.Events(w, balanceChanged)) != 60 {
			t.Errorf("%d calls and %d events for 60 deposits", calls, len(partitionstest.Events(w, balanceChanged)))
		}
	}, deposited, balanceChanged)
}

func TestStop(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		bank := w.Group(ledger)
		one, two := bank.Start(), bank.Start()
		w.Settle()
		owner := bank.Owner("anna")
		if owner != one && owner != two {
			t.Fatalf("%s owns anna", owner.Name())
		}
		began := time.Now()
		owner.Stop()
		w.Settle()
		if waited := time.Since(began); waited > 3*time.Second {
			t.Errorf("others took over after %s, want at once", waited)
		}
		w.Publish(deposited.New(deposit{"anna", 1}))
		w.Settle()
		if v, _ := partitionstest.Row(bank, balance, "anna"); v != 1 {
			t.Errorf("anna has %d", v)
		}
		if next := bank.Owner("anna"); next == owner {
			t.Errorf("%s owns anna though it has stopped", next.Name())
		}
		owner.Restart()
		w.Settle()
	}, deposited, balanceChanged, fellAsleep)
}
