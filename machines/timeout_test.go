//go:build synctests

package machines_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

func TestTimeouts(t *testing.T) {
	t.Parallel()
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		first := shop.Start()
		shop.Start()
		w.Publish(orders.New("late", adding{5}), orders.New("paid", adding{5}), orders.New("again", adding{5}))
		w.Settle()
		w.Advance(80 * time.Second)
		w.Publish(orders.New("paid", paying{5}), orders.New("again", adding{5}))
		w.Settle()
		first.Crash()
		w.Advance(30 * time.Second)
		for id, want := range map[string]state{"late": fresh, "paid": paid, "again": fresh} {
			if o, _ := read(t.Context(), t, shop, id); o.State != want {
				t.Errorf("before the time is over, %s is %s", id, o.State)
			}
		}
		w.Advance(15 * time.Second)
		w.Settle()
		for id, want := range map[string]state{"late": cancelled, "paid": paid, "again": fresh} {
			if o, _ := read(t.Context(), t, shop, id); o.State != want {
				t.Errorf("when the time is over, %s is %s", id, o.State)
			}
		}
		w.Advance(80 * time.Second)
		w.Settle()
		if o, _ := read(t.Context(), t, shop, "again"); o.State != cancelled || o.Version != 3 {
			t.Errorf("the one that was armed anew: %+v", o)
		}
		for _, moved := range partitionstest.Events(w, orders.Transitions()) {
			if moved.Event == "expire" && moved.Cause != "" {
				t.Errorf("a time-out has the cause %s", moved.Cause)
			}
		}
	})
}

// TestOtherTimeouts arms a time-out by one version of a machine, and lets a later one that has others meet it.
func TestOtherTimeouts(t *testing.T) {
	t.Parallel()
	var later atomic.Bool
	s := orderSpec()
	s.After = []timeout{{In: paid, After: time.Hour, Event: machines.On[cancelling]()}, s.After[0]}
	changed := machines.Define(s)
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			if later.Load() {
				return partitions.New(b, "orders", changed.Part())
			}
			return orderGroup(b)
		})
		node := shop.Start()
		w.Publish(orders.New("1", adding{5}))
		w.Settle()
		node.Stop()
		later.Store(true)
		node.Restart()
		w.Advance(121 * time.Second)
		w.Settle()
		if told := partitionstest.Events(w, orders.Transitions()); len(told) != 2 || told[1].Event != "expire" {
			t.Errorf("%+v", told)
		}
	})
}
