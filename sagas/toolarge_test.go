//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// TestInputAndResult lets a saga end whose input and result fit a row each, and not together.
func TestInputAndResult(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("echo", func(_ *sagas.Saga, in string) (string, error) { return in, nil })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", strings.Repeat("x", 600_000)))
		w.Settle()
		w.Advance(time.Minute)
		expect(t, g, flow, "1", sagas.Completed)
	})
}

// TestLongErrorTexts lets a saga end whose steps have failed with more text than a row holds.
func TestLongErrorTexts(t *testing.T) {
	t.Parallel()
	bad := sagas.NewStep("bad", func(context.Context, int) (int, error) {
		return 0, resilience.Permanent(errors.New(strings.Repeat("e", 1900)))
	}, nil)
	flow := sagas.Define("texts", func(s *sagas.Saga, n int) (int, error) {
		for i := range n {
			_, _ = sagas.Do(s, bad, i)
		}
		return n, nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 600))
		w.Settle()
		w.Advance(time.Minute)
		d, err := flow.Handle(g.Owner("1").Group(), "1").Describe(t.Context())
		if d.Status != sagas.Completed {
			t.Errorf("%s %v", d.Status, err)
		}
	})
}

// TestManyViews shows more than a row holds: the saga is parked.
func TestManyViews(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("views", func(s *sagas.Saga, n int) (int, error) {
		for i := range n {
			sagas.NewQuery[string](fmt.Sprint("q", i)).Show(s, strings.Repeat("x", 49_000))
		}
		return 1, s.Sleep(time.Hour)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 22))
		w.Settle()
		if is, why := status(t, g, flow, "1"); is != sagas.Waiting && is != sagas.Parked {
			t.Errorf("%s %s", is, why)
		}
	})
}

// TestManyWaits waits for more than a row holds: the saga is parked, since that cannot be written.
func TestManyWaits(t *testing.T) {
	t.Parallel()
	long := sagas.NewSignal[string](strings.Repeat("s", 63))
	flow := sagas.Define("many", func(s *sagas.Saga, n int) (int, error) {
		var branches []func(*sagas.Saga) error
		for range n {
			branches = append(branches, func(s *sagas.Saga) error { _, err := sagas.Await(s, long, time.Hour); return err })
		}
		return n, sagas.All(s, 0, branches...)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 9000))
		w.Settle()
		w.Advance(time.Second)
		is, why := status(t, g, flow, "1")
		if is != sagas.Waiting && is != sagas.Parked {
			t.Errorf("%s %s", is, why)
		}
	})
}

// TestInputTooLarge starts a saga, and calls one, with more than a row holds.
func TestInputTooLarge(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("input", func(_ *sagas.Saga, in string) (int, error) { return len(in), nil })
	caller := sagas.Define("caller", func(s *sagas.Saga, n int) (int, error) { return sagas.Call(s, flow, "1", strings.Repeat("x", n)) })
	run(t, caller, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		err := flow.Start(t.Context(), w.Bus(), "1", strings.Repeat("x", 700_000)).Err()
		if resilience.ClassOf(err) != resilience.ClassPermanent || !strings.Contains(err.Error(), "700002 bytes") {
			t.Errorf("%v", err)
		}
		w.Publish(caller.New("1", 700_000))
		w.Settle()
		if is, why := status(t, g, caller, "1"); is != sagas.Compensated || !strings.Contains(why, "700002 bytes") {
			t.Errorf("%s: %s", is, why)
		}
	})
}
