package outbox_test

import (
	"testing"

	"github.com/millrace/millrace/bus"
)

// TestEachStep crashes a relay at each step between reading a row and confirming it, with one row on its way and in the
// middle of a transaction that takes several of Kafka's: the next relay publishes each row once, and in order.
func TestEachStep(t *testing.T) {
	t.Parallel()
	var checks []func()
	for _, of := range []struct {
		name string
		rows int
		step step
		done bool // the row must be published when the relay has crashed
	}{
		{"before a row is read", 1, step{readRow, before, 1}, false},
		{"after a row is read", 1, step{readRow, after, 1}, false},
		{"before it is produced", 1, step{produce, before, 1}, false},
		{"after it is produced", 1, step{produce, after, 1}, false},
		{"before offsets are committed", 1, step{commitOffset, before, 1}, false},
		{"after offsets are committed", 1, step{commitOffset, after, 1}, false},
		{"before the commit", 1, step{endTx, before, 1}, false},
		{"after the commit", 1, step{endTx, after, 1}, true},
		{"before it is confirmed", 1, step{confirm, before, 1}, true},
		{"after it is confirmed", 1, step{confirm, after, 1}, true},
		{"in a large transaction, before it is produced", 12_000, step{produce, before, 3}, false},
		{"in a large transaction, before a commit", 12_000, step{endTx, before, 2}, false},
		{"in a large transaction, after a commit", 12_000, step{endTx, after, 2}, false},
		{"in a large transaction, before a part is confirmed", 12_000, step{confirm, before, 1}, false},
	} {
		f := newFixture(t)
		defer f.crashAt(of.step, of.rows)()
		if of.done {
			f.read(2)
		}
		f.relay(f.bus) // which waits for the session of the other one, while others crash
		f.write(true, placed().New(order{ID: "a", N: of.rows + 1}))
		checks = append(checks, func() {
			t.Helper()
			for n, got := range f.read(of.rows + 2) {
				if got.Value.N != n {
					t.Fatalf("%s: event %d is %d", of.name, n, got.Value.N)
				}
			}
		})
	}
	for _, check := range checks {
		check()
	}
}

// crashAt runs a relay that publishes the event 0, and crashes at the step of the rows that follow in one transaction.
// What is left of it is buried later.
func (f *fixture) crashAt(at step, rows int) (bury func()) {
	f.Helper()
	ice := newIce(&wire{step: at, row: []byte(`"n":1}`)})
	node := *f
	node.url = ice.proxy(f.T, f.url)
	own, err := bus.Open(f.Context(), f.broker, bus.Dialer(ice.dial))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = own.Close() })
	r, end := node.relay(own)
	f.write(true, placed().New(order{ID: "a"}))
	f.wait(func() bool { return r.Status().Published == 1 })
	var msgs []bus.Message
	for n := range rows {
		msgs = append(msgs, placed().New(order{ID: "a", N: n + 1}))
	}
	f.write(true, msgs...)
	f.wait(func() bool {
		select {
		case <-ice.frozen:
			return true
		default:
			return false
		}
	})
	return func() { ice.melt(); end() }
}
