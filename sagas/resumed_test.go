//go:build synctests

package sagas_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestCancelParked cancels a parked saga and resumes it: a step that was never begun does not begin.
func TestCancelParked(t *testing.T) {
	t.Parallel()
	var calm atomic.Bool
	var charged atomic.Int64
	charge := sagas.NewStep("charge", func(context.Context, int) (int, error) { charged.Add(1); return 1, nil }, nil)
	flow := sagas.Define("cancelled", func(s *sagas.Saga, n int) (int, error) {
		if !calm.Load() {
			panic("help")
		}
		return sagas.Do(s, charge, n)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		if err := flow.Cancel(t.Context(), w.Bus(), "no", "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		calm.Store(true)
		if err := flow.Resume(t.Context(), w.Bus(), "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		is, why := status(t, g, flow, "1")
		if charged.Load() != 0 || is != sagas.Compensated {
			t.Errorf("%s %s, charged %d times", is, why, charged.Load())
		}
	})
}

// TestVersionAfterPark mends a flow that panics under a version, and resumes its saga: it goes the new way.
func TestVersionAfterPark(t *testing.T) {
	t.Parallel()
	var mended atomic.Bool
	step := sagas.NewStep("step", func(context.Context, int) (int, error) { return 1, nil }, nil)
	flow := sagas.Define("mend", func(s *sagas.Saga, _ int) (int, error) {
		if _, err := sagas.Do(s, step, 1); err != nil {
			return 0, err
		}
		if mended.Load() && s.Version("mend", 2) >= 2 {
			return sagas.Do(s, step, 2)
		}
		panic("help")
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		expect(t, g, flow, "1", sagas.Parked)
		mended.Store(true)
		if err := flow.Resume(t.Context(), w.Bus(), "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		expect(t, g, flow, "1", sagas.Completed)
	})
}
