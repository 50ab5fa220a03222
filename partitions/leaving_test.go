//go:build synctests

package partitions_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestLeavingWithRecords lets a node give shards up while it has polled records of them that it has not handled: the
// transaction of nothing must not hold up who takes them.
func TestLeavingWithRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		first, second := w.open(), w.open()
		defer first.Close()
		defer second.Close()
		one, _, err := w.ledger(first, "one")
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, one)()
		w.deposit(len(accounts), 1)
		w.awaitHandled()
		for n := 2; n < 8; n++ {
			two, _, err := w.ledger(second, "two")
			if err != nil {
				t.Fatal(err)
			}
			stop := start(t, two)
			for node, _ := two.Nodes(); len(node) < 2; node, _ = two.Nodes() {
				<-time.After(time.Millisecond)
			}
			began := time.Now()
			w.deposit(len(accounts), 1)
			w.follow(len(accounts), n)
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("round %d took %s", n, took)
			}
			stop()
		}
	})
}
