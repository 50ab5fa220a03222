//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
)

// run runs nodes of a flow.
func run[In, Out any](t *testing.T, flow *sagas.Flow[In, Out], f func(*testing.T, *partitionstest.World, *partitionstest.Group)) {
	t.Helper()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		f(t, w, w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "bank", flow.Part()) }))
	}, flow.Contracts()...)
}

// status is where a saga is, and why.
func status[In, Out any](t *testing.T, g *partitionstest.Group, flow *sagas.Flow[In, Out], id string) (sagas.Status, string) {
	t.Helper()
	d, err := flow.Handle(g.Owner(id).Group(), id).Describe(t.Context())
	if err != nil && !errors.Is(err, sagas.ErrNotFound) {
		t.Fatal(err)
	}
	return d.Status, d.Reason
}

func expect[In, Out any](t *testing.T, g *partitionstest.Group, flow *sagas.Flow[In, Out], id string, want sagas.Status) {
	t.Helper()
	if is, why := status(t, g, flow, id); is != want {
		t.Errorf("%s is %q, not %q: %s", id, is, want, why)
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	b := newBank(2, nil)
	flow := b.transfers(sagas.Keep(time.Minute), sagas.IDs(func(t transfer) string { return t.From + t.To }))
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		g.Start()
		w.Settle()
		late := make(chan receipt, 1)
		go func() {
			out, err := flow.Handle(node.Group(), "3").Result(t.Context())
			if err != nil {
				t.Error(err)
			}
			late <- out
		}()
		w.Advance(time.Minute)
		w.Publish(flow.New("1", transfer{"a0", "a1", 7}), flow.New("3", transfer{"a0", "a1", 8}), flow.New("1", transfer{"a0", "a1", 7}))
		for id, amount := range map[string]int{"1": -7, "3": -8} {
			out, err := flow.Handle(node.Group(), id).Result(t.Context())
			if err != nil || out.Amount != amount || out.Key == "" {
				t.Errorf("%s: %+v, %v", id, out, err)
			}
		}
		if out := <-late; out.Amount != -8 {
			t.Errorf("who has asked before the start was told %+v", out)
		}
		w.Publish(flow.New("1", transfer{"a0", "a1", 7}), flow.New("", transfer{"a0", "a1", 1}), flow.New("", transfer{"a0", "a1", 1}))
		w.Settle()
		expect(t, g, flow, "a0a1", sagas.Completed)
		if b.accounts["a0"] != 984 || b.accounts["a1"] != 1016 {
			t.Errorf("%v", b.accounts)
		}
		w.Advance(61 * time.Second)
		if _, err := flow.Handle(node.Group(), "1").Describe(t.Context()); !errors.Is(err, sagas.ErrNotFound) {
			t.Errorf("after Keep: %v", err)
		}
		w.Publish(flow.New("1", transfer{"a0", "a1", 7}))
		w.Settle()
		if b.accounts["a0"] != 977 {
			t.Errorf("%v: a saga that was forgotten has not begun anew", b.accounts)
		}
	})
}

func TestTenants(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	who := sagas.NewStep("who", func(ctx context.Context, want request.Tenant) (request.Tenant, error) {
		if request.From(ctx).Tenant == want && request.From(ctx).Shard.Leader && sagas.Fence(ctx) >= 0 && sagas.Attempt(ctx) == 1 {
			seen.Add(1)
		}
		return want, nil
	}, nil)
	flow := sagas.Define("tenants", func(s *sagas.Saga, want request.Tenant) (request.Tenant, error) {
		if s.Tenant() != want || s.ID() != "1" {
			return "", errors.New("it is another's")
		}
		return sagas.Do(s, who, want)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Settle()
		for _, tenant := range []request.Tenant{"", "acme", "acme2"} {
			ctx := request.With(t.Context(), request.Info{Tenant: tenant})
			if err := flow.Start(ctx, w.Bus(), "1", tenant).Err(); err != nil {
				t.Fatal(err)
			}
			out, err := flow.Handle(node.Group(), "1").Result(ctx)
			if err != nil || out != tenant {
				t.Errorf("%q: %q, %v", tenant, out, err)
			}
		}
		if seen.Load() != 3 {
			t.Errorf("%d steps knew whose they are", seen.Load())
		}
	})
}

// TestSleepers lets more sagas sleep than there should be goroutines, and be awake at the same time.
func TestSleepers(t *testing.T) {
	t.Parallel()
	const count = 2000
	flow := sagas.Define("sleepers", func(s *sagas.Saga, n int) (int, error) {
		return n, s.Sleep(time.Hour)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Settle()
		before := goroutines()
		for i := range count {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		w.Advance(time.Minute)
		if more := goroutines() - before; more > 50 {
			t.Errorf("%d goroutines for %d sagas that sleep", more, count)
		}
		w.Advance(time.Hour)
		w.Settle()
		ends := 0
		for _, told := range partitionstest.Events(w, flow.Told()) {
			if told.Status == sagas.Completed {
				ends++
			}
		}
		if ends != count {
			t.Errorf("%d of %d have completed", ends, count)
		}
	})
}
