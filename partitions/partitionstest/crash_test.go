//go:build synctests

package partitionstest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// counted is the ledger whose handler counts its calls.
func counted(calls *int) func(*bus.Bus) (*partitions.Group, error) {
	return func(b *bus.Bus) (*partitions.Group, error) {
		return partitions.New(b, "ledger", partitions.Lanes(1), partitions.Use(balance),
			partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
				*calls++
				v, _ := balance.Get(tx, d.Account)
				balance.Put(tx, d.Account, v+d.Cents)
				tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents}))
				return nil
			}))
	}
}

func TestCrashAtStep(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		step  partitionstest.Step
		after bool
		calls int // until the deposit is committed
	}{
		{partitionstest.Produce, false, 2},
		{partitionstest.CommitOffsets, false, 2},
		{partitionstest.CommitOffsets, true, 2},
		{partitionstest.EndTransaction, false, 2},
		{partitionstest.EndTransaction, true, 1},
	} {
		name := "before " + test.step.String()
		if test.after {
			name = "after " + test.step.String()
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
				calls := 0
				bank := w.Group(counted(&calls))
				one := bank.Start()
				w.Publish(deposited.New(deposit{"anna", 1}))
				w.Settle()
				calls = 0
				if test.after {
					one.CrashAfter(test.step, 1)
				} else {
					one.CrashBefore(test.step, 1)
				}
				w.Publish(deposited.New(deposit{"anna", 2}))
				if err := one.Wait(); err != nil {
					t.Errorf("a crash is the error %v", err)
				}
				committed, _ := partitionstest.Row(bank, balance, "anna")
				if at := int64(5 - 2*test.calls); committed != at {
					t.Errorf("%d cents are committed after the crash, want %d", committed, at)
				}
				one.Restart()
				w.Settle()
				if got := partitionstest.Events(w, balanceChanged); !slices.Equal(got, []changed{{"anna", 1}, {"anna", 3}}) {
					t.Errorf("balances %v", got)
				}
				if calls != test.calls {
					t.Errorf("the handler was called %d times, want %d", calls, test.calls)
				}
			}, deposited, balanceChanged)
		})
	}
}

func TestCrash(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		bank := w.Group(ledger)
		bank.Start()
		bank.Start()
		w.Settle()
		owner, began := bank.Owner("anna"), time.Now()
		owner.Crash()
		w.Publish(deposited.New(deposit{"anna", 1}))
		w.Settle()
		if waited := time.Since(began); waited < 5*time.Second || waited > 15*time.Second {
			t.Errorf("others took over after %s, want about the session timeout of 6s", waited)
		}
		if v, _ := partitionstest.Row(bank, balance, "anna"); v != 1 {
			t.Errorf("anna has %d", v)
		}
		if next := bank.Owner("anna"); next == owner {
			t.Errorf("%s owns anna though it has crashed", next.Name())
		}
		owner.Restart()
		w.Settle()
	}, deposited, balanceChanged, fellAsleep)
}

func TestPause(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		bank := w.Group(ledger)
		bank.Start()
		bank.Start()
		w.Settle()
		owner := bank.Owner("anna")
		owner.Pause()
		w.Publish(deposited.New(deposit{"anna", 1}))
		w.Settle()
		if next := bank.Owner("anna"); next == owner {
			t.Errorf("%s owns anna though it stands still", next.Name())
		}
		owner.Resume()
		w.Publish(deposited.New(deposit{"anna", 2}))
		w.Settle()
		if got := partitionstest.Events(w, balanceChanged); !slices.Equal(got, []changed{{"anna", 1}, {"anna", 3}}) {
			t.Errorf("balances %v", got)
		}
	}, deposited, balanceChanged, fellAsleep)
}

// TestCrashWhileJoining lets a new node die while its join waits for one that stands still.
func TestCrashWhileJoining(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		bank := w.Group(ledger)
		bank.Start()
		w.Settle()
		asleep := bank.Start()
		w.Settle()
		asleep.Pause()
		young := bank.Start()
		w.Advance(time.Second)
		young.Crash()
		w.Publish(deposited.New(deposit{"anna", 1}))
		w.Settle()
		if v, _ := partitionstest.Row(bank, balance, "anna"); v != 1 {
			t.Errorf("anna has %d", v)
		}
		if owner := bank.Owner("anna"); owner == young || owner == asleep {
			t.Errorf("%s owns anna", owner.Name())
		}
	}, deposited, balanceChanged, fellAsleep)
}
