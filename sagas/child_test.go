//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// TestCall lets a saga call others, of which one fails, one is known, and one is cancelled with its caller.
func TestCall(t *testing.T) {
	t.Parallel()
	part := sagas.Define("part", func(s *sagas.Saga, n int) (int, error) {
		if err := s.Sleep(time.Duration(n) * time.Minute); err != nil {
			return 0, err
		}
		if n == 3 {
			return 0, errors.New("three is too much")
		}
		return 10 * n, nil
	})
	whole := sagas.Define("whole", func(s *sagas.Saga, n int) (sum int, err error) {
		for i := range n {
			out, err := sagas.Call(s, part, "p"+strconv.Itoa(i), i)
			if failed, is := errors.AsType[*sagas.FailedError](err); is && failed.ID == "p3" && failed.Reason == "three is too much" {
				return sum, nil
			}
			if err != nil {
				return 0, err
			}
			sum += out
		}
		_, err = sagas.Call(s, part, "long", 1000)
		return sum, err
	})
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		parts := w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "parts", part.Part()) })
		wholes := w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "wholes", whole.Part()) })
		one, two := parts.Start(), wholes.Start()
		ctx := request.With(t.Context(), request.Info{Tenant: "acme"})
		err := errors.Join(whole.Start(ctx, w.Bus(), "fails", 5).Err(), whole.Start(ctx, w.Bus(), "known", 2).Err())
		if err != nil {
			t.Fatal(err)
		}
		w.Settle()
		one.Crash()
		two.Crash()
		one.Restart()
		two.Restart()
		w.Advance(10 * time.Minute)
		w.Settle()
		if out, err := whole.Handle(two.Group(), "fails").Result(ctx); out != 30 || err != nil {
			t.Errorf("%d, %v", out, err)
		}
		if err := whole.Cancel(ctx, w.Bus(), "enough", "known").Err(); err != nil {
			t.Fatal(err)
		}
		_, err = whole.Handle(two.Group(), "known").Result(ctx)
		_, part := part.Handle(one.Group(), "long").Result(ctx)
		if !errors.Is(err, sagas.ErrFailed) || !errors.Is(part, sagas.ErrFailed) {
			t.Errorf("%v, %v", err, part)
		}
	}, append(part.Contracts(), whole.Contracts()...)...)
}

// TestAgain lets a saga begin anew: its steps have other keys, its signals are kept, and its journal is empty.
func TestAgain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var keys []string
	count := sagas.NewStep("count", func(ctx context.Context, n int) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		if key := sagas.Key(ctx); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
		return n + 1, nil
	}, nil)
	shown := sagas.NewQuery[int]("shown")
	flow := sagas.Define("again", func(s *sagas.Saga, n int) (string, error) {
		shown.Show(s, n)
		n, err := sagas.Do(s, count, n)
		if err != nil {
			return "", err
		}
		if n < 50 {
			return "", sagas.Again(n)
		}
		return sagas.Await(s, said, time.Hour)
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		node := g.Start()
		for i := range 4 {
			w.Publish(flow.New(id(i), 0), said.New(flow, id(i), "hello"))
		}
		node.CrashAfter(partitionstest.EndTransaction, 20)
		for i := range 4 {
			var out string
			var h sagas.History
			var n int
			ask := func(f func(sagas.Handle[int, string]) error) {
				t.Helper()
				again := true
				for again { // the node that dies may be the one that is asked
					err := f(flow.Handle(g.Owner(id(i)).Group(), id(i)))
					again = errors.Is(err, partitions.ErrNotRunning) || resilience.ClassOf(err) == resilience.ClassIndefinite
					if err != nil && !again {
						t.Error(err)
					}
				}
			}
			ask(func(is sagas.Handle[int, string]) (err error) { out, err = is.Result(t.Context()); return err })
			ask(func(is sagas.Handle[int, string]) (err error) { h, err = is.History(t.Context()); return err })
			ask(func(is sagas.Handle[int, string]) (err error) { n, err = shown.Of(t.Context(), is); return err })
			if out != "hello" || n != 49 || len(h.Entries) != 2 || string(h.Input) != "49" {
				t.Errorf("%q, %d is shown, %+v", out, n, h)
			}
		}
		if len(keys) != 200 {
			t.Errorf("%d keys", len(keys))
		}
	})
}

func TestQueryAndDeadline(t *testing.T) {
	t.Parallel()
	var open chan struct{}
	progress := sagas.NewQuery[string]("progress")
	long := sagas.NewStep("long", func(_ context.Context, n int) (int, error) { <-open; return n, nil }, nil)
	flow := sagas.Define("slow", func(s *sagas.Saga, n int) (int, error) {
		progress.Show(s, "begun")
		if _, err := sagas.Do(s, long, n); err != nil {
			return 0, err
		}
		progress.Show(s, "half done")
		return n, s.Sleep(24 * time.Hour)
	}, sagas.Deadline(10*time.Minute))
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		open = make(chan struct{})
		node := g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		h := flow.Handle(node.Group(), "1")
		if text, err := progress.Of(t.Context(), h); text != "begun" || err != nil {
			t.Errorf("%s, %v", text, err)
		}
		close(open)
		w.Settle()
		node.Crash()
		node.Restart()
		w.Settle()
		h = flow.Handle(node.Group(), "1")
		if text, err := progress.Of(t.Context(), h); text != "half done" || err != nil {
			t.Errorf("%s, %v", text, err)
		}
		if _, err := progress.Of(t.Context(), flow.Handle(node.Group(), "2")); !errors.Is(err, sagas.ErrNotFound) {
			t.Error(err)
		}
		w.Advance(10 * time.Minute)
		w.Settle()
		if is, why := status(t, g, flow, "1"); is != sagas.Compensated || why != "it has not ended within 10m0s" {
			t.Errorf("%s: %s", is, why)
		}
		if text, err := progress.Of(t.Context(), h); text != "half done" || err != nil {
			t.Errorf("%s, %v", text, err)
		}
	})
}
