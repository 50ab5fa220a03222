//go:build synctests

package partitionstest_test

import (
	"slices"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// accounting publishes deposits to a ledger and returns the balances that it tells.
func accounting(w *partitionstest.World, build func(*bus.Bus) (*partitions.Group, error)) []changed {
	bank := w.Group(build)
	bank.Start()
	w.Publish(deposited.New(deposit{"anna", 1}))
	w.Settle()
	w.Publish(deposited.New(deposit{"anna", 2}))
	w.Settle()
	return partitionstest.Events(w, balanceChanged)
}

var right = []changed{{"anna", 1}, {"anna", 3}}

func TestEachFailure(t *testing.T) {
	t.Parallel()
	runs, lives, calls := 0, 0, 0
	partitionstest.EachFailure(t, func(t *testing.T, w *partitionstest.World) {
		runs++
		got := accounting(w, func(b *bus.Bus) (*partitions.Group, error) {
			lives++
			return counted(&calls)(b)
		})
		if !slices.Equal(got, right) {
			t.Errorf("balances %v, want %v", got, right)
		}
	}, deposited, balanceChanged)
	crashes, again := lives-runs, calls-2*runs
	if crashes < 2*3*3 || runs < crashes+3+3 {
		t.Errorf("%d crashes in %d runs; want two at each of three steps of the claim and both deposits, an abort of each, and three runs without",
			crashes, runs)
	}
	if again < 2*(3+2+1) {
		t.Errorf("%d calls were made again; want those of both deposits, at crashes before each step, after two, and at the abort", again)
	}
}

// forgetful holds balances in a variable, and none in a table.
func forgetful(b *bus.Bus) (*partitions.Group, error) {
	balances := make(map[string]int64)
	return partitions.New(b, "ledger", partitions.Lanes(1), partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
		balances[d.Account] += d.Cents
		tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: balances[d.Account]}))
		return nil
	}))
}

// hasty holds balances in a table, and in a variable what it believes to be in there.
func hasty(b *bus.Bus) (*partitions.Group, error) {
	cached := make(map[string]int64)
	return partitions.New(b, "ledger", partitions.Lanes(1), partitions.Use(balance),
		partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
			if _, known := cached[d.Account]; !known {
				cached[d.Account], _ = balance.Get(tx, d.Account)
			}
			cached[d.Account] += d.Cents
			balance.Put(tx, d.Account, cached[d.Account])
			tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: cached[d.Account]}))
			return nil
		}))
}

func TestWrongHandlersAreCaught(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(*bus.Bus) (*partitions.Group, error){"forgetful": forgetful, "hasty": hasty} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
				if got := accounting(w, build); !slices.Equal(got, right) {
					t.Errorf("balances %v, want %v as long as nothing fails", got, right)
				}
			}, deposited, balanceChanged)
			runs, caught := 0, 0
			partitionstest.EachFailure(t, func(_ *testing.T, w *partitionstest.World) {
				runs++
				if !slices.Equal(accounting(w, build), right) {
					caught++
				}
			}, deposited, balanceChanged)
			if caught == 0 || caught == runs {
				t.Errorf("%d of %d runs tell wrong balances; want those with a failure that it does not withstand", caught, runs)
			}
		})
	}
}
