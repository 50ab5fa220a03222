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
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// TestNoStepAfterCancel cancels sagas in the moment in which they go on: no step begins.
func TestNoStepAfterCancel(t *testing.T) {
	t.Parallel()
	var charged atomic.Int64
	a, b := sagas.NewSignal[string]("a"), sagas.NewSignal[string]("b")
	charge := sagas.NewStep("charge", func(context.Context, int) (int, error) { charged.Add(1); return 1, nil }, nil)
	flow := sagas.Define("after", func(s *sagas.Saga, n int) (int, error) {
		_ = sagas.All(s, 0, func(s *sagas.Saga) error {
			_, err := sagas.Await(s, a, 0)
			return err
		}, func(s *sagas.Saga) error {
			_, err := sagas.Await(s, b, 0)
			return err
		})
		return sagas.Do(s, charge, n)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		const n = 200
		var ids []string
		for i := range n {
			w.Publish(flow.New(id(i), i))
			ids = append(ids, id(i))
		}
		w.Settle()
		for i := range n {
			w.Publish(a.New(flow, id(i), "x"))
		}
		w.Settle()
		if err := flow.Cancel(t.Context(), w.Bus(), "no", ids...).Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if charged.Load() > 0 {
			t.Errorf("%d of %d cancelled sagas have begun the step", charged.Load(), n)
		}
	})
}

// TestCancelledInQueue cancels a saga whose step waits for another one's to end: it does not begin.
func TestCancelledInQueue(t *testing.T) {
	t.Parallel()
	var open chan struct{}
	var charged atomic.Int64
	charge := sagas.NewStep("charge", func(_ context.Context, n int) (int, error) {
		if n == 0 {
			<-open
			return 1, nil
		}
		charged.Add(1)
		return 1, nil
	}, nil, sagas.Timeout(0))
	flow := sagas.Define("queue", func(s *sagas.Saga, n int) (int, error) { return sagas.Do(s, charge, n) }, sagas.Steps(2))
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		g := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "bank", flow.Part())
		})
		open = make(chan struct{})
		g.Start()
		w.Publish(flow.New("0", 0))
		w.Settle()
		w.Publish(flow.New("1", 1))
		w.Settle()
		if err := flow.Cancel(t.Context(), w.Bus(), "no", "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		w.Advance(time.Minute)
		d, err := flow.Handle(g.Owner("1").Group(), "1").Describe(t.Context())
		if err != nil || !d.Cancelled || charged.Load() > 0 {
			t.Fatalf("%+v %v", d, err)
		}
		close(open)
		w.Settle()
		is, why := status(t, g, flow, "1")
		if charged.Load() > 0 || is != sagas.Compensated {
			t.Errorf("%s %s: charged a minute after it was cancelled", is, why)
		}
	}, flow.Contracts()...)
}

// TestCancelledLoop cancels a flow that polls and does not look at errors: it comes to its end.
func TestCancelledLoop(t *testing.T) {
	t.Parallel()
	var rounds atomic.Int64
	poll := sagas.NewStep("poll", func(context.Context, int) (int, error) { return 0, resilience.Permanent(errors.New("not ready")) }, nil)
	flow := sagas.Define("poll", func(s *sagas.Saga, n int) (int, error) {
		for {
			if rounds.Add(1) > 1000 {
				panic("enough")
			}
			if out, err := sagas.Do(s, poll, n); err == nil {
				return out, nil
			}
			_ = s.Sleep(time.Hour)
		}
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		if err := flow.Cancel(t.Context(), w.Bus(), "no", "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		w.Advance(5 * time.Second)
		if n := rounds.Load(); n > 100 {
			is, why := status(t, g, flow, "1")
			t.Errorf("%d rounds in 5 s: %s %s", n, is, why)
		}
	})
}

// TestStatusWhileUndone cancels a saga whose flow passes over that: it is undone, and says so.
func TestStatusWhileUndone(t *testing.T) {
	t.Parallel()
	var open chan struct{}
	var tries atomic.Int64
	hold := sagas.NewStep("hold", func(context.Context, int) (int, error) { <-open; return 1, nil }, func(context.Context, int, int) error {
		if tries.Add(1) == 1 {
			return errors.New("later")
		}
		return nil
	}, sagas.RetryUndo(resilience.RetryPolicy{Attempts: 5, Initial: time.Minute, Max: time.Minute, Multiplier: 1}))
	flow := sagas.Define("status", func(s *sagas.Saga, n int) (int, error) {
		if _, err := sagas.Do(s, hold, n); err != nil {
			return 0, err
		}
		_ = s.Sleep(time.Hour)
		return 1, nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		open = make(chan struct{})
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		if err := flow.Cancel(t.Context(), w.Bus(), "no", "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		close(open)
		w.Settle()
		if tries.Load() != 1 {
			t.Fatalf("%d tries", tries.Load())
		}
		expect(t, g, flow, "1", sagas.Compensating)
	})
}
