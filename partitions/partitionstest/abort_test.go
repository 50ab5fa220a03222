//go:build synctests

package partitionstest_test

import (
	"slices"
	"testing"

	"github.com/millrace/millrace/partitions/partitionstest"
)

func TestAbort(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		calls := 0
		bank := w.Group(counted(&calls))
		one := bank.Start()
		w.Settle()
		life := one.Group()
		bank.Abort(3)
		w.Publish(deposited.New(deposit{"anna", 1}))
		w.Settle()
		if got := partitionstest.Events(w, balanceChanged); !slices.Equal(got, []changed{{"anna", 1}}) || calls != 4 {
			t.Errorf("balances %v after %d calls, want one balance after three aborted calls and the last", got, calls)
		}
		if one.Group() != life {
			t.Error("the node was started anew")
		}
	}, deposited, balanceChanged)
}
