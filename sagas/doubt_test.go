//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// TestPlainError loses the answer of a step whose effect has happened, by an error that says nothing of it: the step is undone.
func TestPlainError(t *testing.T) {
	t.Parallel()
	var money atomic.Int64
	charge := sagas.NewStep("charge", func(ctx context.Context, _ int) (int, error) {
		if sagas.Attempt(ctx) == 1 {
			money.Add(1) // done
		}
		return 0, errors.New("unexpected EOF")
	}, func(context.Context, int, int) error { money.Add(-1); return nil })
	flow := sagas.Define("plain", func(s *sagas.Saga, n int) (int, error) { return sagas.Do(s, charge, n) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		w.Advance(time.Hour)
		is, why := status(t, g, flow, "1")
		if is == sagas.Compensated && money.Load() != 0 {
			t.Errorf("%s, and the money is gone: %s", is, why)
		}
	})
}

// TestChangedTriedStep changes a flow while a step that may have happened waits for its next attempt.
func TestChangedTriedStep(t *testing.T) {
	t.Parallel()
	var changed atomic.Bool
	var undone atomic.Int64
	old := sagas.NewStep("old", func(context.Context, int) (int, error) {
		return 0, resilience.Indefinite(errors.New("no answer"))
	}, func(context.Context, int, int) error { undone.Add(1); return nil },
		sagas.Retry(resilience.RetryPolicy{Attempts: 100, Initial: time.Minute, Max: time.Minute, Multiplier: 1}))
	other := sagas.NewStep("other", func(context.Context, int) (int, error) { return 1, nil }, nil)
	flow := sagas.Define("tried", func(s *sagas.Saga, n int) (int, error) {
		if changed.Load() {
			return sagas.Do(s, other, n)
		}
		return sagas.Do(s, old, n)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		expect(t, g, flow, "1", sagas.Waiting)
		changed.Store(true)
		w.Advance(2 * time.Minute)
		is, why := status(t, g, flow, "1")
		if is != sagas.Parked {
			t.Errorf("%s %s; %d undone", is, why, undone.Load())
		}
	})
}

// TestChangedAwait changes a flow while it awaits signals: it must not hear another one.
func TestChangedAwait(t *testing.T) {
	t.Parallel()
	var changed atomic.Bool
	a, b, c := sagas.NewSignal[string]("a"), sagas.NewSignal[string]("b"), sagas.NewSignal[string]("c")
	flow := sagas.Define("await", func(s *sagas.Saga, _ int) (heard string, err error) {
		err = sagas.All(s, 0, func(s *sagas.Saga) error {
			_, err := sagas.Await(s, a, 0)
			return err
		}, func(s *sagas.Saga) (err error) {
			second := b
			if changed.Load() {
				second = c
			}
			heard, err = sagas.Await(s, second, 0)
			return err
		})
		return heard, err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1), flow.New("2", 1))
		w.Settle()
		changed.Store(true)
		w.Publish(a.New(flow, "1", "x"), a.New(flow, "2", "x"))
		w.Settle()
		w.Publish(c.New(flow, "1", "x"), b.New(flow, "2", "for b"))
		w.Settle()
		for _, id := range []string{"1", "2"} {
			is, why := status(t, g, flow, id)
			if is != sagas.Parked || !strings.Contains(why, "changed") {
				t.Errorf("%s %s %s", id, is, why)
			}
		}
		if out, err := flow.Handle(g.Owner("2").Group(), "2").Result(short(t)); err == nil {
			t.Errorf("await of c has heard %q", out)
		}
	})
}
