//go:build synctests

package partitionstest_test

import (
	"slices"
	"testing"

	"github.com/millrace/millrace/partitions/partitionstest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		bank := w.Group(ledger)
		bank.Start()
		bank.Start()
		for _, d := range []deposit{{"anna", 5}, {"carl", 4}, {"bert", 1}, {"anna", 2}} {
			w.Publish(deposited.New(d))
			w.Settle()
		}
		if v, found := partitionstest.Row(bank, balance, "anna"); v != 7 || !found {
			t.Errorf("anna has %d, %t", v, found)
		}
		if got := partitionstest.Events(w, balanceChanged); !slices.Equal(got, []changed{{"anna", 5}, {"carl", 4}, {"bert", 1}, {"anna", 7}}) {
			t.Errorf("the balances are %v", got)
		}
		if got := partitionstest.Events(w, balanceChanged, "anna"); !slices.Equal(got, []changed{{"anna", 5}, {"anna", 7}}) {
			t.Errorf("anna's balances are %v", got)
		}
	}, deposited, balanceChanged, fellAsleep)
}
