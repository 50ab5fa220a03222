//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/partitions"
)

// reminder fires ten minutes after each deposit to an account, unless another one comes.
func reminder(fired chan<- string) (*partitions.Timer[string], partitions.Option) {
	dormant := partitions.NewTimer("dormant", func(tx *partitions.Tx, account string) error {
		tx.Emit(balanceChanged.New(changed{Account: account, Balance: -1}))
		fired <- account
		return nil
	})
	return dormant, partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
		if d.Cents < 0 {
			dormant.Cancel(tx, d.Account)
			return nil
		}
		dormant.After(tx, 10*time.Minute, d.Account)
		return nil
	})
}

func TestTimers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		fired := make(chan string, 100)
		dormant, on := reminder(fired)
		g, err := partitions.New(w.bus, "ledger", on, partitions.Use(dormant))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		began := time.Now()
		w.deposit(3, 1)
		<-time.After(5 * time.Minute)
		publish(t, w.bus, deposited.New(deposit{"a1", 1}), deposited.New(deposit{"a2", -1}))
		<-time.After(time.Minute)
		stop()
		stop = start(t, g)
		if first := <-fired; first != "a0" || time.Since(began) < 10*time.Minute || time.Since(began) > 10*time.Minute+10*time.Second {
			t.Errorf("%s fired after %s, want a0 after ten minutes", first, time.Since(began))
		}
		if second := <-fired; second != "a1" || time.Since(began) < 15*time.Minute || time.Since(began) > 15*time.Minute+10*time.Second {
			t.Errorf("%s fired after %s, want a1 after fifteen minutes", second, time.Since(began))
		}
		<-time.After(15 * time.Minute)
		if len(fired) > 0 {
			t.Errorf("%s fired, want nothing more", <-fired)
		}
		stop()
	})
}
