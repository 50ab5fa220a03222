//go:build synctests

package partitions_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

func TestPoison(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		balance := partitions.NewTable[string, int64]("balance")
		attempts := make(map[string]int)
		g, err := partitions.New(w.bus, "ledger", partitions.Lanes(1), partitions.Use(balance),
			partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
				attempts[d.Account]++
				v, _ := balance.Get(tx, d.Account)
				balance.Put(tx, d.Account, v+d.Cents)
				tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents}))
				switch d.Cents {
				case -1:
					return errors.New("never")
				case -2:
					panic("no")
				case -3:
					for range 11_000 {
						tx.Emit(balanceChanged.New(changed{Account: d.Account}))
					}
				case -4:
					if attempts[d.Account] < 3 {
						return errors.New("not yet")
					}
				}
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		for account, cents := range map[string]int64{"error": -1, "panic": -2, "flood": -3, "later": -4} {
			msgs := []bus.Message{deposited.New(deposit{account, 1}), deposited.New(deposit{account, cents}), deposited.New(deposit{account, 1})}
			if err := w.bus.Publish(t.Context(), msgs...).Err(); err != nil {
				t.Fatal(err)
			}
		}
		raw := bus.Record{Topic: "deposits", Key: []byte("raw"), Value: []byte("{"), Headers: bus.Headers{{Key: "ce_type", Value: []byte("bank.account.deposited")}}}
		if err := w.bus.Publish(t.Context(), raw.Message()).Err(); err != nil {
			t.Fatal(err)
		}
		seen := make(map[string][]int64)
		left := 9
		for event, err := range bus.Tail(t.Context(), w.bus, balanceChanged, bus.Earliest) {
			if err != nil {
				t.Fatal(err)
			}
			seen[event.Value.Account] = append(seen[event.Value.Account], event.Value.Balance)
			if left--; left == 0 {
				break
			}
		}
		for _, account := range []string{"error", "panic", "flood"} {
			if got := seen[account]; len(got) != 2 || got[0] != 1 || got[1] != 2 {
				t.Errorf("%s: balances %v, want 1 and 2: the failed deposit must leave nothing", account, got)
			}
		}
		if got := seen["later"]; len(got) != 3 || got[1] != -3 || attempts["later"] != 4 {
			t.Errorf("later: balances %v after %d attempts", got, attempts["later"])
		}
		reasons := make(map[string]bus.Reason)
		for range 50 {
			if len(reasons) == 4 {
				break
			}
			<-time.After(100 * time.Millisecond)
			for letter, err := range w.bus.DeadLetters(t.Context(), "ledger") {
				if err != nil {
					t.Fatal(err)
				}
				reasons[string(letter.Record.Key)] = letter.Reason
				if letter.Record.Topic != "deposits" {
					t.Errorf("dead letter of topic %s", letter.Record.Topic)
				}
			}
		}
		stop()
		if len(reasons) != 4 || reasons["raw"] != bus.ReasonUndecodable || reasons["panic"] != bus.ReasonExhausted {
			t.Errorf("dead letters %v", reasons)
		}
	})
}
