//go:build synctests

package partitions_test

import (
	"sync/atomic"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// TestCommittedOfAborted aborts transactions: of each call one of the two functions is called, and of each record the first one once.
func TestCommittedOfAborted(t *testing.T) {
	t.Parallel()
	in := bus.Define("test.thing.dropped", func(int) string { return "key" }, bus.InTopic("dropped"))
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		var calls, then, otherwise atomic.Int64
		g := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "dropped", partitions.On(in, func(tx *partitions.Tx, _ int) error {
				calls.Add(1)
				tx.Committed(func(partitions.Beside) { then.Add(1) }, func() { otherwise.Add(1) })
				return nil
			}))
		})
		g.Start()
		w.Settle()
		g.Abort(3)
		for n := range 5 {
			w.Publish(in.New(n))
		}
		w.Settle()
		if then.Load() != 5 || otherwise.Load() == 0 || calls.Load() != then.Load()+otherwise.Load() {
			t.Errorf("%d calls: %d committed, %d not", calls.Load(), then.Load(), otherwise.Load())
		}
	}, in)
}
