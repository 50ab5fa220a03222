//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestLoserBeginsNothing lets a branch come to a step while what another one wins by is on its way: the step does not begin.
func TestLoserBeginsNothing(t *testing.T) {
	t.Parallel()
	var begun, undone atomic.Int64
	win, x := sagas.NewSignal[string]("win"), sagas.NewSignal[string]("x")
	step := sagas.NewStep("step", func(_ context.Context, n int) (int, error) { begun.Add(1); return n, nil },
		func(context.Context, int, int) error { undone.Add(1); return nil })
	flow := sagas.Define("loser", func(s *sagas.Saga, n int) (int, error) {
		_, err := sagas.First(s, func(s *sagas.Saga) error {
			_, err := sagas.Await(s, win, 0)
			return err
		}, func(s *sagas.Saga) error {
			if _, err := sagas.Await(s, x, 0); err != nil {
				return err
			}
			_, err := sagas.Do(s, step, n)
			return errors.Join(err, errors.New("no"))
		})
		return n, err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		for i := range 60 {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		for i := range 60 {
			w.Publish(x.New(flow, id(i), ""), win.New(flow, id(i), ""))
		}
		w.Settle()
		if begun.Load() > 0 {
			t.Errorf("%d steps of losers have begun, %d are undone", begun.Load(), undone.Load())
		}
	})
}

// TestWaitingBranchesLeave lets one of two branches go on: the other one waits on, and nothing is in memory.
func TestWaitingBranchesLeave(t *testing.T) {
	t.Parallel()
	a, b := sagas.NewSignal[string]("a"), sagas.NewSignal[string]("b")
	flow := sagas.Define("leave", func(s *sagas.Saga, _ int) (int, error) {
		return 1, sagas.All(s, 0, func(s *sagas.Saga) error {
			_, err := sagas.Await(s, a, 0)
			return err
		}, func(s *sagas.Saga) error {
			_, err := sagas.Await(s, b, 0)
			return err
		})
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Settle()
		before := goroutines()
		for i := range 200 {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		if more := goroutines() - before; more > 20 {
			t.Errorf("%d goroutines before", more)
		}
		for i := range 200 {
			w.Publish(a.New(flow, id(i), "x"))
		}
		w.Settle()
		w.Advance(time.Hour)
		if more := goroutines() - before; more > 20 {
			t.Errorf("%d goroutines of 200 sagas that wait", more)
		}
		expect(t, g, flow, "1", sagas.Waiting)
	})
}

// TestFirstOfNone asks for the first of no branches.
func TestFirstOfNone(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("none", func(s *sagas.Saga, _ int) (string, error) {
		i, err := sagas.First(s)
		if err == nil && i < 0 {
			return "", fmt.Errorf("index %d without an error", i)
		}
		return "ok", nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		expect(t, g, flow, "1", sagas.Completed)
	})
}
