//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
)

func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		w.deposit(50, 10)
		one := w.open()
		defer one.Close()
		g, _, err := w.ledger(one, "one")
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		w.follow(50, 10)
		two := w.open()
		defer two.Close()
		h, _, err := w.ledger(two, "two")
		if err != nil {
			t.Fatal(err)
		}
		stopTwo := start(t, h)
		w.deposit(50, 10)
		w.follow(50, 20)
		stop()
		w.deposit(50, 10)
		w.follow(50, 30)
		stopTwo()
		if calls := w.calls.Load(); calls != 50*30 {
			t.Errorf("%d calls for %d deposits: something was aborted and repeated", calls, 50*30)
		}
	})
}
