//go:build synctests

package machines_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
)

// TestExpect lets many expect the same revision, and others what is not there.
func TestExpect(t *testing.T) {
	t.Parallel()
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		nodes := []*partitions.Group{shop.Start().Group(), shop.Start().Group()}
		w.Settle()
		first, err := orders.Ask(t.Context(), nodes[0], "1", adding{1})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			all.Go(func() {
				var is instance
				is, results[i] = orders.Ask(t.Context(), nodes[i%2], "1", adding{10}, machines.Expect(first.Revision()))
				if is.Version != 2 || is.Data.Total != 11 {
					t.Errorf("%+v, want the instance as it is now", is)
				}
			})
		}
		all.Wait()
		done := 0
		for _, err := range results {
			changed, unmet := errors.AsType[*machines.ChangedError](err)
			switch {
			case err == nil:
				done++
			case !unmet || !errors.Is(err, machines.ErrChanged) || changed.Version != 2 || resilience.ClassOf(err) != resilience.ClassPermanent:
				t.Error(err)
			}
		}
		if done != 1 {
			t.Errorf("%d events happened, want 1", done)
		}
		now, _ := read(t.Context(), t, shop, "1")
		older := now.Revision()
		older.Entered = first.Entered.Add(-1)
		for i, test := range []struct {
			id     string
			expect machines.AskOption
			met    bool
		}{
			{"1", machines.Expect(older), false}, // another instance of the id, which was forgotten
			{"1", machines.Expect(first.Revision(), now.Revision()), true},
			{"1", machines.Existing(), true},
			{"1", machines.Expect(), false},
			{"2", machines.Existing(), false},
			{"2", machines.Expect(machines.Revision{}), false},
		} {
			if _, err := orders.Ask(t.Context(), nodes[i%2], test.id, adding{100}, test.expect); (err == nil) != test.met {
				t.Errorf("%d: %v", i, err)
			}
		}
		if _, err := orders.Ask(t.Context(), nodes[0], "1", adding{1}, nil); err == nil {
			t.Error("nil was taken")
		}
		w.Settle()
		if told := partitionstest.Events(w, orders.Refusals()); len(told) != 0 {
			t.Errorf("%+v was told of what has not come", told)
		}
		if is, _ := read(t.Context(), t, shop, "1"); is.Version != 4 || is.Data.Total != 211 {
			t.Errorf("%+v", is)
		}
		if _, found := read(t.Context(), t, shop, "2"); found {
			t.Error("what did not happen has made an order")
		}
	})
}
