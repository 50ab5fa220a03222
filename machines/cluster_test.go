//go:build synctests

package machines_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

var orders = machines.Define(orderSpec())

func orderGroup(b *bus.Bus) (*partitions.Group, error) {
	return partitions.New(b, "orders", orders.Part())
}

func ordersRun(t *testing.T, f func(*testing.T, *partitionstest.World)) {
	t.Helper()
	partitionstest.Run(t, f, append(orders.Contracts(), parcelSent)...)
}

// read is an instance as its owner has it.
func read(ctx context.Context, t *testing.T, g *partitionstest.Group, id string) (o instance, found bool) {
	t.Helper()
	err := g.Owner(id).Group().View(ctx, id, func(v *partitions.View) error {
		o, found = orders.Get(ctx, v, id)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return o, found
}

func TestAsk(t *testing.T) {
	t.Parallel()
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		node := shop.Start()
		shop.Start()
		w.Settle()
		o, err := orders.Ask(t.Context(), node.Group(), "1", adding{5})
		if err != nil || o.Version != 1 || o.State != fresh || o.Data.Total != 5 {
			t.Errorf("%+v, %v", o, err)
		}
		o, err = orders.Ask(t.Context(), node.Group(), "1", paying{4})
		refused, _ := errors.AsType[*machines.NotAllowedError](err)
		if refused == nil || refused.Reason != "the amount is too small" || refused.Missing || o.Version != 1 {
			t.Errorf("%+v, %v", o, err)
		}
		if _, err = orders.Ask(t.Context(), node.Group(), "2", shipping{}); !errors.Is(err, machines.ErrNotAllowed) {
			t.Errorf("an order that does not exist: %v", err)
		}
		if _, err = orders.Ask(t.Context(), node.Group(), "1", twin{}); err == nil {
			t.Error("an event of another type was taken")
		}
		w.Settle()
		if told := partitionstest.Events(w, orders.Refusals()); len(told) != 2 {
			t.Errorf("%+v was told", told)
		}
		if _, found := read(t.Context(), t, shop, "2"); found {
			t.Error("a refused event has made an order")
		}
	})
}

func TestSameEventTwice(t *testing.T) {
	t.Parallel()
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		shop.Start()
		twice := orders.New("1", adding{5})
		w.Publish(twice, orders.New("1", adding{1}), twice)
		w.Settle()
		w.Publish(twice)
		w.Settle()
		if o, _ := read(t.Context(), t, shop, "1"); o.Version != 2 || o.Data.Total != 6 {
			t.Errorf("%+v", o)
		}
	})
}

func TestTenants(t *testing.T) {
	t.Parallel()
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		node := shop.Start()
		w.Settle()
		prices := map[request.Tenant]int{"": 1, "acme": 2, "acme2": 3}
		for tenant, price := range prices {
			ctx := request.With(t.Context(), request.Info{Tenant: tenant})
			if _, err := orders.Ask(ctx, node.Group(), "1", adding{price}); err != nil {
				t.Fatal(err)
			}
		}
		w.Advance(121 * time.Second)
		w.Settle()
		for tenant, price := range prices {
			ctx := request.With(t.Context(), request.Info{Tenant: tenant})
			o, _ := read(ctx, t, shop, "1")
			if o.Tenant != tenant || o.Data.Total != price || o.State != cancelled {
				t.Errorf("%q: %+v", tenant, o)
			}
			n := 0
			err := shop.Owner("1").Group().View(ctx, "1", func(v *partitions.View) error {
				for range orders.Range(ctx, v, cancelled) {
					n++
				}
				return nil
			})
			if err != nil || n != 1 {
				t.Errorf("%q has %d orders, %v", tenant, n, err)
			}
		}
	})
}

func TestKeep(t *testing.T) {
	t.Parallel()
	s := orderSpec()
	s.Name, s.Keep = "brief", time.Minute
	brief := machines.Define(s)
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "brief", brief.Part()) })
		shop.Start()
		w.Publish(brief.New("1", adding{1}), brief.New("1", cancelling{}), brief.New("2", adding{1}))
		w.Settle()
		count := func() (n int) {
			for _, id := range []string{"1", "2"} {
				if err := shop.Owner(id).Group().View(t.Context(), id, func(v *partitions.View) error {
					if _, found := brief.Get(t.Context(), v, id); found {
						n++
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			return n
		}
		w.Advance(50 * time.Second)
		if n := count(); n != 2 {
			t.Errorf("%d orders before the time is over", n)
		}
		w.Advance(15 * time.Second)
		w.Settle()
		if n := count(); n != 1 {
			t.Errorf("%d orders when the time is over", n)
		}
	}, brief.Contracts()...)
}
