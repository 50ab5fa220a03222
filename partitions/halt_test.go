//go:build synctests

package partitions_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/partitions"
)

func TestHalt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		never := errors.New("never")
		g, err := partitions.New(w.bus, "ledger", partitions.OnPoison(partitions.Halt),
			partitions.On(deposited, func(*partitions.Tx, deposit) error { return never }))
		if err != nil {
			t.Fatal(err)
		}
		w.deposit(1, 1)
		err = g.Run(t.Context())
		poison, ok := errors.AsType[*partitions.PoisonError](err)
		if !ok || !errors.Is(err, never) || poison.Topic != "deposits" || poison.Offset != 0 || poison.Attempts != 3 {
			t.Errorf("the group ended with %v, want the record that it stopped at", err)
		}
	})
}
