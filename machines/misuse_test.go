//go:build synctests

package machines_test

import (
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

type returning struct{}

func (returning) Event() event { return "return" }

// TestKeepOfOlder has a state that is final in version 1 and not in version 2: what version 1 has armed must not remove a living
// instance.
func TestKeepOfOlder(t *testing.T) {
	t.Parallel()
	var later atomic.Bool
	s := orderSpec()
	s.Name, s.Keep = "kept", time.Hour
	one := machines.Define(s)
	s = orderSpec()
	s.Name, s.Version = "kept", 2
	s.Upgrade = func(_ int, stored machines.Stored) (machines.Stored, error) { return stored, nil }
	s.Final = []state{cancelled}
	s.On = append(s.On, transition{Event: machines.On[returning](), From: []state{shipped}, To: "returned"},
		transition{Event: machines.On[cancelling](), From: []state{"returned"}, To: cancelled})
	two := machines.Define(s)
	if err := two.Err(); err != nil {
		t.Fatal(err)
	}
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			if later.Load() {
				return partitions.New(b, "kept", two.Part())
			}
			return partitions.New(b, "kept", one.Part())
		})
		node := shop.Start()
		w.Publish(one.New("1", adding{1}), one.New("1", paying{1}), one.New("1", shipping{"p"}))
		w.Settle()
		node.Stop()
		later.Store(true)
		node.Restart()
		w.Publish(two.New("1", returning{}))
		w.Settle()
		w.Advance(61 * time.Minute)
		w.Settle()
		found := false
		if err := shop.Owner("1").Group().View(t.Context(), "1", func(v *partitions.View) error {
			_, found = two.Get(t.Context(), v, "1")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !found {
			t.Error("a living instance, of a machine that keeps for ever, is gone")
		}
	}, append(two.Contracts(), parcelSent)...)
}

// TestLongTimeout arms a time-out that is never due.
func TestLongTimeout(t *testing.T) {
	t.Parallel()
	s := orderSpec()
	s.Name = "longer"
	s.After = []timeout{{In: fresh, After: math.MaxInt64, Event: machines.On[expiring]()}}
	m := machines.Define(s)
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "longer", m.Part()) })
		node := shop.Start()
		w.Publish(m.New("1", adding{1}))
		w.Settle()
		w.Advance(time.Second)
		o, err := m.Ask(t.Context(), node.Group(), "1", adding{2})
		if err != nil || o.State != fresh {
			t.Errorf("%+v %v", o, err)
		}
	}, append(m.Contracts(), parcelSent)...)
}

// TestNoKey publishes a record without a key, as another producer may.
func TestNoKey(t *testing.T) {
	t.Parallel()
	loose := bus.Define("order.add", func(adding) string { return "" }, bus.InTopic("order.events"), bus.Aggregate("order"))
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		shop.Start()
		w.Publish(loose.New(adding{5}))
		w.Settle()
		if moved := partitionstest.Events(w, orders.Transitions()); len(moved) != 0 {
			t.Errorf("%+v", moved)
		}
	})
}

// TestTenantsMeet sends for tenants whose names break the limit: they would be taken for none.
func TestTenantsMeet(t *testing.T) {
	t.Parallel()
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		shop.Start()
		w.Settle()
		for _, tenant := range []request.Tenant{"acme.com", "other.org"} {
			ctx := request.With(t.Context(), request.Info{Tenant: tenant})
			if err := orders.Send(ctx, w.Bus(), "1", adding{5}).Err(); err != nil {
				return // refused: good
			}
		}
		w.Settle()
		for _, moved := range partitionstest.Events(w, orders.Transitions()) {
			if moved.Version > 1 {
				t.Errorf("%+v", moved)
			}
		}
	})
}

type refusing struct{}

func (refusing) Event() event { return "refused" }

type transitioning struct{ By string }

func (transitioning) Event() event { return "transitioned" }

// TestEventNames calls events as what the machine tells.
func TestEventNames(t *testing.T) {
	t.Parallel()
	s := orderSpec()
	s.Name = "named"
	s.On = append(s.On, transition{Event: machines.On[refusing](), From: []state{fresh}, To: cancelled},
		transition{Event: machines.On[transitioning](), From: []state{fresh}, To: cancelled})
	m := machines.Define(s)
	if m.Err() == nil {
		names := map[string]int{}
		for _, d := range m.Contracts() {
			names[d.Contract().Name()]++
		}
		t.Errorf("%v", names)
	}
}
