//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// TestCancel cancels sagas that sleep, whose step runs, whose step waits for its next attempt, and that do not exist.
func TestCancel(t *testing.T) {
	t.Parallel()
	open := make(chan struct{})
	var undone, up atomic.Int64
	undo := func(_ context.Context, _, out string) error {
		undone.Add(1)
		if out != "held" && out != "" {
			return errors.New("of what?")
		}
		return nil
	}
	hold := sagas.NewStep("hold", func(_ context.Context, what string) (string, error) {
		switch {
		case what == "run":
			<-open
		case what == "refused":
			return "", resilience.Transient(errors.New("try again"))
		case what == "unknown" && up.Load() == 0:
			return "", resilience.Indefinite(errors.New("no answer"))
		}
		return "held", nil
	}, undo, sagas.Retry(resilience.RetryPolicy{Attempts: 100, Initial: time.Minute, Max: time.Minute, Multiplier: 1}))
	flow := sagas.Define("cancel", func(s *sagas.Saga, what string) (string, error) {
		if _, err := sagas.Do(s, hold, what); err != nil {
			return "", err
		}
		if err := s.Sleep(time.Hour); err != nil && what != "ignore" {
			return "", err
		}
		return what, nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		open = make(chan struct{})
		g.Start()
		ids := []string{"run", "sleep", "refused", "unknown", "ignore"}
		for _, id := range ids {
			w.Publish(flow.New(id, id))
		}
		w.Settle()
		if err := flow.Cancel(t.Context(), w.Bus(), "no more", append(ids, "nobody")...).Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		for id, want := range map[string]sagas.Status{
			"run": sagas.Running, "sleep": sagas.Compensated, "refused": sagas.Compensated, "unknown": sagas.Waiting, "ignore": sagas.Compensated,
		} {
			expect(t, g, flow, id, want)
		}
		if undone.Load() != 2 {
			t.Errorf("%d are undone", undone.Load())
		}
		close(open)
		up.Store(1)
		w.Advance(2 * time.Minute)
		w.Settle()
		expect(t, g, flow, "run", sagas.Compensated)
		expect(t, g, flow, "unknown", sagas.Compensated)
		if _, why := status(t, g, flow, "run"); why != "cancelled: no more" || undone.Load() != 4 {
			t.Errorf("%d are undone: %s", undone.Load(), why)
		}
		if refused := partitionstest.Events(w, flow.Refusals()); len(refused) != 1 || refused[0].ID != "nobody" {
			t.Errorf("%+v was refused", refused)
		}
	})
}

// TestCancelOfUnknown cancels a saga that is in memory while one of its steps, which may have happened, waits for its next attempt.
func TestCancelOfUnknown(t *testing.T) {
	t.Parallel()
	var calls, undone atomic.Int64
	var open chan struct{}
	long := sagas.NewStep("long", func(_ context.Context, n int) (int, error) { <-open; return n, nil }, nil)
	unsure := sagas.NewStep("unsure", func(_ context.Context, n int) (int, error) {
		if calls.Add(1) == 1 {
			return 0, resilience.Indefinite(errors.New("no answer"))
		}
		return n, nil
	}, func(context.Context, int, int) error { undone.Add(1); return nil },
		sagas.Retry(resilience.RetryPolicy{Attempts: 3, Initial: time.Minute, Max: time.Minute, Multiplier: 1}))
	flow := sagas.Define("unsure", func(s *sagas.Saga, n int) (int, error) {
		return n, errors.Join(sagas.All(s, 0,
			func(s *sagas.Saga) error { _, err := sagas.Do(s, long, n); return err },
			func(s *sagas.Saga) error { _, err := sagas.Do(s, unsure, n); return err }), s.Sleep(time.Hour))
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
		w.Advance(2 * time.Minute)
		close(open)
		w.Settle()
		w.Advance(time.Second)
		if calls.Load() != 2 || undone.Load() != 1 {
			t.Errorf("%d calls, %d undone", calls.Load(), undone.Load())
		}
	})
}
