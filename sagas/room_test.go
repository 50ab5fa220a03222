//go:build synctests

package sagas_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// gate is a step that waits until it is opened, and what has gone through it.
type gate struct {
	open chan struct{}
	mu   sync.Mutex
	went []int
	at   int
	most int
}

func (g *gate) pass(ctx context.Context, n int) (int, error) {
	g.mu.Lock()
	g.at++
	g.most = max(g.most, g.at)
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.at--
	}()
	select {
	case <-g.open:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.went = append(g.went, n)
	return n, nil
}

// seen are the attempts that are made, the most at once, and those that have gone through.
func (g *gate) seen() (at, most int, went []int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.at, g.most, slices.Clone(g.went)
}

// TestRoom starts more sagas than there is room for in the memory, signals and cancels some that wait for it, and lets the node die:
// never are more in memory, and each comes to its end.
func TestRoom(t *testing.T) {
	t.Parallel()
	const count, room = 1000, 20
	g := &gate{}
	var here atomic.Int64
	step := sagas.NewStep("gate", func(ctx context.Context, n int) (int, error) { return g.pass(ctx, n) }, nil, sagas.Timeout(0))
	flow := sagas.Define("room", func(s *sagas.Saga, n int) (string, error) {
		here.Add(1)
		defer here.Add(-1)
		if _, err := sagas.Do(s, step, n); err != nil {
			return "", err
		}
		return sagas.Await(s, said, 0)
	}, sagas.Room(room))
	run(t, flow, func(t *testing.T, w *partitionstest.World, group *partitionstest.Group) { //nolint:thelper // it is the test
		g.open = make(chan struct{})
		node := group.Start()
		for i := range count {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		for i := range count {
			w.Publish(said.New(flow, id(i), "go"))
		}
		if err := flow.Cancel(t.Context(), w.Bus(), "no", id(count-1)).Err(); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		crowd := func() {
			t.Helper()
			if at, most, _ := g.seen(); most > room || at != room || here.Load() != room {
				t.Errorf("%d steps, %d at most, and %d flows, where there is room for %d sagas", at, most, here.Load(), room)
			}
		}
		crowd()
		node.Crash()
		node.Restart()
		w.Advance(20 * time.Second)
		crowd()
		close(g.open)
		w.Settle()
		ends := make(map[sagas.Status]int)
		for _, told := range partitionstest.Events(w, flow.Told()) {
			ends[told.Status]++
		}
		_, _, went := g.seen()
		if ends[sagas.Completed] != count-1 || ends[sagas.Compensated] != 1 || slices.Contains(went, count-1) {
			t.Errorf("%v of %d, and what was cancelled has begun: %v", ends, count, slices.Contains(went, count-1))
		}
	})
}

// TestHangingStep lets many sagas hang in one step: others that come later go on all the same.
func TestHangingStep(t *testing.T) {
	t.Parallel()
	const hang, fine = 200, 50
	g := &gate{}
	hanging := sagas.NewStep("hanging", func(ctx context.Context, n int) (int, error) { return g.pass(ctx, n) }, nil)
	working := sagas.NewStep("working", func(_ context.Context, n int) (int, error) { return n, nil }, nil)
	flow := sagas.Define("hanging", func(s *sagas.Saga, n int) (int, error) {
		if n < hang {
			return sagas.Do(s, hanging, n)
		}
		return sagas.Do(s, working, n)
	}, sagas.Room(40), sagas.Steps(16))
	run(t, flow, func(t *testing.T, w *partitionstest.World, group *partitionstest.Group) { //nolint:thelper // it is the test
		g.open = make(chan struct{})
		group.Start()
		for i := range hang + fine {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		w.Advance(30 * time.Second)
		for i := hang; i < hang+fine; i++ {
			expect(t, group, flow, id(i), sagas.Completed)
		}
		if _, most, _ := g.seen(); most != 8 {
			t.Errorf("%d attempts at one step at once, where 8 of 16 are allowed", most)
		}
		w.Advance(40 * time.Second)
		if _, most, went := g.seen(); len(went) > 0 || most != 8 {
			t.Errorf("%d went, %d at once", len(went), most)
		}
		close(g.open)
		w.Settle()
		w.Advance(5 * time.Minute)
		if _, _, went := g.seen(); len(went) != hang {
			t.Errorf("%d of %d have gone on", len(went), hang)
		}
	})
}
