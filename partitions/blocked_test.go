//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestBlockedHandler lets a handler wait for ever: its time ends, and what is behind it goes on.
func TestBlockedHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		g, err := partitions.New(w.bus, "ledger", partitions.Lanes(1), partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
			if d.Cents < 0 {
				<-tx.Context().Done()
				return tx.Context().Err()
			}
			tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: d.Cents}))
			return nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, g)()
		began := time.Now()
		publish(t, w.bus, deposited.New(deposit{"x", 1}), deposited.New(deposit{"x", -1}), deposited.New(deposit{"x", 2}))
		if got := w.balances(2); len(got["x"]) != 2 || got["x"][1] != 2 {
			t.Errorf("handled %v", got)
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %s", took)
		}
		for letter, err := range w.bus.DeadLetters(t.Context(), "ledger") {
			if err != nil || letter.Reason != bus.ReasonExhausted || string(letter.Record.Key) != "x" {
				t.Errorf("%+v, %v", letter, err)
			}
		}
	})
}
