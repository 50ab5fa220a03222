//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// TestCrashBeforeEntry crashes a node between a step's effect and its entry in the journal.
func TestCrashBeforeEntry(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var keys []string
	slow := sagas.NewStep("slow", func(ctx context.Context, n int) (int, error) {
		mu.Lock()
		keys = append(keys, sagas.Key(ctx))
		calls := len(keys)
		mu.Unlock()
		if calls == 1 {
			<-ctx.Done() // the effect has happened, and the node dies
		}
		return n, nil
	}, nil)
	flow := sagas.Define("crash", func(s *sagas.Saga, n int) (int, error) { return sagas.Do(s, slow, n) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		node.Crash()
		node.Restart()
		if out, err := flow.Handle(g.Owner("1").Group(), "1").Result(t.Context()); out != 1 || err != nil {
			t.Errorf("%d, %v", out, err)
		}
		if len(keys) != 2 || keys[0] != keys[1] || keys[0] == "" {
			t.Errorf("the keys are %q", keys)
		}
		if told := partitionstest.Events(w, flow.Told()); len(told) != 2 || len(told[1].Done) != 1 {
			t.Errorf("%+v was told", told)
		}
	})
}

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
			return "", errors.New("try again")
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

// TestTooLarge lets a step and a flow return more than a record can hold: what was done is undone.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	var undone atomic.Int64
	grow := sagas.NewStep("grow", func(_ context.Context, size int) (string, error) { return strings.Repeat("x", size), nil },
		func(context.Context, int, string) error { undone.Add(1); return nil })
	flow := sagas.Define("large", func(s *sagas.Saga, size int) (string, error) {
		out, err := sagas.Do(s, grow, size)
		if err != nil && !errors.Is(err, sagas.ErrTooLarge) {
			return "", nil
		}
		return out + out, err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("step", 800_000), flow.New("flow", 600_000), flow.New("fits", 300_000))
		w.Settle()
		expect(t, g, flow, "step", sagas.Compensated)
		expect(t, g, flow, "flow", sagas.Compensated)
		expect(t, g, flow, "fits", sagas.Completed)
		if _, why := status(t, g, flow, "flow"); undone.Load() != 2 || !strings.Contains(why, "1200002 bytes") {
			t.Errorf("%d undone: %s", undone.Load(), why)
		}
		if err := flow.Start(t.Context(), w.Bus(), "", 1).Err(); err == nil {
			t.Error("a saga without an id was started")
		}
	})
}

// TestNeverYields lets a flow and a step never come to an end: others go on, and their node stops in good order.
func TestNeverYields(t *testing.T) {
	t.Parallel()
	var stuck chan struct{}
	deaf := sagas.NewStep("deaf", func(_ context.Context, n int) (int, error) { <-stuck; return n, nil }, nil)
	timed := sagas.NewStep("timed", func(_ context.Context, n int) (int, error) { <-stuck; return n, nil }, nil, sagas.Timeout(time.Second),
		sagas.Retry(resilience.RetryPolicy{Attempts: 2, Initial: time.Second, Max: time.Second, Multiplier: 1}))
	flow := sagas.Define("stuck", func(s *sagas.Saga, n int) (int, error) {
		switch n {
		case 0:
			<-stuck
		case 1:
			return sagas.Do(s, deaf, n)
		case 2:
			return sagas.Do(s, timed, n)
		}
		return n, s.Sleep(time.Second)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		stuck = make(chan struct{})
		node := g.Start()
		for i := range 30 {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		w.Advance(10 * time.Second)
		for i := 3; i < 30; i++ {
			expect(t, g, flow, id(i), sagas.Completed)
		}
		expect(t, g, flow, "0", sagas.Running)
		expect(t, g, flow, "1", sagas.Running)
		expect(t, g, flow, "2", sagas.Compensated)
		node.Stop()
		close(stuck)
		node.Restart()
		w.Settle()
		w.Advance(5 * time.Second)
		expect(t, g, flow, "0", sagas.Completed)
		expect(t, g, flow, "1", sagas.Completed)
	})
}
