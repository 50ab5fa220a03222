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

// TestUndoFailsForHours lets an undo fail longer than its policy: the saga waits for somebody, and goes on where it was.
func TestUndoFailsForHours(t *testing.T) {
	t.Parallel()
	var attempts, mended atomic.Int64
	undo := func(context.Context, int, int) error {
		if attempts.Add(1); mended.Load() == 0 {
			return errors.New("still broken")
		}
		return nil
	}
	step := func(name string, undo func(context.Context, int, int) error) *sagas.Step[int, int] {
		return sagas.NewStep(name, func(_ context.Context, n int) (int, error) { return n, nil }, undo,
			sagas.RetryUndo(resilience.RetryPolicy{Attempts: 5, Initial: time.Minute, Max: time.Hour, Multiplier: 4}))
	}
	stubborn, first := step("stubborn", undo), step("first", func(context.Context, int, int) error { return nil })
	flow := sagas.Define("hours", func(s *sagas.Saga, n int) (int, error) {
		if _, err := sagas.Do(s, first, n); err != nil {
			return 0, err
		}
		if _, err := sagas.Do(s, stubborn, n); err != nil {
			return 0, err
		}
		return 0, errors.New("no")
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1), flow.New("2", 2))
		w.Settle()
		node.Crash()
		node.Restart()
		w.Advance(time.Hour)
		expect(t, g, flow, "1", sagas.Compensating)
		w.Advance(30 * time.Minute)
		w.Settle()
		is, why := status(t, g, flow, "1")
		if is != sagas.Parked || !strings.Contains(why, "stubborn failed after 5 attempts: still broken") || attempts.Load() != 10 {
			t.Errorf("after %d attempts it is %s: %s", attempts.Load(), is, why)
		}
		mended.Store(1)
		if err := errors.Join(flow.Resume(t.Context(), w.Bus(), "1").Err(), flow.Abandon(t.Context(), w.Bus(), "it is gone", "2").Err()); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		expect(t, g, flow, "1", sagas.Compensated)
		expect(t, g, flow, "2", sagas.Abandoned)
		_, err := flow.Handle(node.Group(), "1").Result(t.Context())
		failed, _ := errors.AsType[*sagas.FailedError](err)
		if failed == nil || failed.Reason != "no" || !errors.Is(err, sagas.ErrFailed) || attempts.Load() != 11 {
			t.Errorf("%v after %d attempts", err, attempts.Load())
		}
	})
}

// TestPanic lets a step and a flow panic.
func TestPanic(t *testing.T) {
	t.Parallel()
	var calm atomic.Bool
	fall := func() {
		if !calm.Load() {
			panic("help")
		}
	}
	step := sagas.NewStep("fall", func(_ context.Context, n int) (int, error) { fall(); return n, nil }, nil)
	flow := sagas.Define("panics", func(s *sagas.Saga, inStep bool) (int, error) {
		if !inStep {
			fall()
		}
		return sagas.Do(s, step, 7)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("step", true), flow.New("flow", false))
		w.Settle()
		for id, want := range map[string]string{"step": `step "fall" panicked: help`, "flow": "the flow panicked: help"} {
			if is, why := status(t, g, flow, id); is != sagas.Parked || why != want {
				t.Errorf("%s is %s: %s", id, is, why)
			}
		}
		calm.Store(true)
		if err := flow.Resume(t.Context(), w.Bus(), "step", "flow").Err(); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"step", "flow"} {
			if out, err := flow.Handle(node.Group(), id).Result(t.Context()); err != nil || out != 7 {
				t.Errorf("%s: %d, %v", id, out, err)
			}
		}
	})
}

// TestChangedFlow plays the journal of a flow by another one, and by the first again.
func TestChangedFlow(t *testing.T) {
	t.Parallel()
	var version atomic.Int64
	step := func(name string) *sagas.Step[int, int] {
		return sagas.NewStep(name, func(_ context.Context, n int) (int, error) { return n + 1, nil }, nil)
	}
	a, b := step("a"), step("b")
	flow := sagas.Define("changed", func(s *sagas.Saga, n int) (int, error) {
		if version.Load() == 2 {
			return n, nil
		}
		first := a
		if version.Load() == 1 {
			first = b
		}
		n, err := sagas.Do(s, first, n)
		if err != nil {
			return 0, err
		}
		_, err = sagas.Await(s, said, 0)
		return n, err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		expect(t, g, flow, "1", sagas.Waiting)
		version.Store(1)
		w.Publish(said.New(flow, "1", "go"))
		w.Settle()
		if is, why := status(t, g, flow, "1"); is != sagas.Parked ||
			why != `the flow has changed: at 1 the journal has step "a", and the flow asks for step "b"` {
			t.Errorf("%s: %s", is, why)
		}
		version.Store(2)
		if err := flow.Resume(t.Context(), w.Bus(), "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		if is, why := status(t, g, flow, "1"); is != sagas.Parked || !strings.Contains(why, "it ends before") {
			t.Errorf("%s: %s", is, why)
		}
		version.Store(0)
		if err := flow.Resume(t.Context(), w.Bus(), "1").Err(); err != nil {
			t.Fatal(err)
		}
		if out, err := flow.Handle(node.Group(), "1").Result(t.Context()); err != nil || out != 2 {
			t.Errorf("%d, %v", out, err)
		}
	})
}
