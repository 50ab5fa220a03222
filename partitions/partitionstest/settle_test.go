//go:build synctests

package partitionstest_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

var (
	changes = partitions.NewTable[string, int]("changes")
	read    = partitions.NewCommand[string, int]("read", func(account string) string { return account })
)

// statements counts the changes of each account that the ledger tells, and answers how many there are.
func statements(b *bus.Bus) (*partitions.Group, error) {
	return partitions.New(b, "statements", partitions.Use(changes),
		partitions.On(balanceChanged, func(tx *partitions.Tx, c changed) error {
			n, _ := changes.Get(tx, c.Account)
			changes.Put(tx, c.Account, n+1)
			return nil
		}),
		partitions.Answer(read, func(tx *partitions.Tx, account string) (int, error) {
			n, _ := changes.Get(tx, account)
			return n, nil
		}))
}

func TestSettle(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		bank, office := w.Group(ledger), w.Group(statements)
		bank.Start()
		clerk := office.Start()
		for round := range 3 {
			for range 100 {
				w.Publish(deposited.New(deposit{"anna", 1}))
			}
			w.Settle()
			if n, _ := partitionstest.Row(office, changes, "anna"); n != 100*(round+1) {
				t.Errorf("the second group has seen %d changes of %d", n, 100*(round+1))
			}
		}
		n, err := partitions.Ask(t.Context(), clerk.Group(), read, "anna")
		if err != nil || n != 300 {
			t.Errorf("asked for the changes: %d, %v", n, err)
		}
	}, deposited, balanceChanged, fellAsleep)
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) {
		bank := w.Group(ledger)
		bank.Start()
		w.Publish(deposited.New(deposit{"anna", 1}))
		w.Settle()
		w.Advance(9 * time.Minute)
		w.Settle()
		if got := partitionstest.Events(w, fellAsleep); len(got) != 0 {
			t.Errorf("%v fell asleep within ten minutes", got)
		}
		w.Advance(time.Minute)
		w.Settle()
		if got := partitionstest.Events(w, fellAsleep); len(got) != 1 || got[0] != "anna" {
			t.Errorf("%v fell asleep, want anna", got)
		}
	}, deposited, balanceChanged, fellAsleep)
}
