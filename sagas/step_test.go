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
