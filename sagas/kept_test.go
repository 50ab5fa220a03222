//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

// TestHistoryOrder reads the histories of a saga with more than ten entries, while it lives, at its end, and from the changelog.
func TestHistoryOrder(t *testing.T) {
	t.Parallel()
	var want []string
	for n := range 12 {
		want = append(want, strconv.Itoa(n+1))
	}
	step := sagas.NewStep("step", func(_ context.Context, n int) (int, error) { return n, nil },
		func(context.Context, int, int) error { return nil })
	flow := sagas.Define("order", func(s *sagas.Saga, n int) (int, error) {
		for range 12 {
			if _, err := sagas.Do(s, step, n); err != nil {
				return 0, err
			}
		}
		return 0, errors.Join(s.Sleep(time.Minute), errors.New("it fails"))
	})
	places := func(h sagas.History, err error) (at []string) {
		if err != nil {
			t.Error(err)
		}
		for _, e := range h.Entries {
			at = append(at, e.At)
		}
		return at
	}
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		if got := places(flow.Handle(node.Group(), "1").History(t.Context())); !slices.Equal(got, want) {
			t.Errorf("while it lives: %q", got)
		}
		groups, err := sagas.Inspect(t.Context(), w.Bus(), "bank")
		if err != nil || !slices.Equal(places(groups[0].Sagas[0].History, nil), want) {
			t.Errorf("inspected: %+v, %v", groups, err)
		}
		w.Advance(2 * time.Minute)
		want := append(slices.Clone(want), "13")
		for n := 12; n > 0; n-- {
			want = append(want, strconv.Itoa(n)+"~")
		}
		if got := places(flow.Handle(node.Group(), "1").History(t.Context())); !slices.Equal(got, want) {
			t.Errorf("at its end: %q", got)
		}
	})
}

// TestCutHistory plays a history of which results are left out.
func TestCutHistory(t *testing.T) {
	t.Parallel()
	long := sagas.NewStep("long", func(_ context.Context, n int) (string, error) { return strings.Repeat("x", n), nil }, nil)
	flow := sagas.Define("long", func(s *sagas.Saga, n int) (int, error) {
		for range 12 {
			if _, err := sagas.Do(s, long, n); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("whole", 10), flow.New("cut", 100_000))
		w.Settle()
		for id, cut := range map[string]bool{"whole": false, "cut": true} {
			if _, err := flow.Handle(node.Group(), id).Result(t.Context()); err != nil {
				t.Fatal(err)
			}
			h, err := flow.Handle(node.Group(), id).History(t.Context())
			if err != nil || h.Cut != cut {
				t.Errorf("%s: %t, %v", id, h.Cut, err)
			}
			if played, err := flow.Play(t.Context(), h); errors.Is(err, sagas.ErrCut) != cut || !cut && played.Status != sagas.Completed {
				t.Errorf("%s: %+v, %v", id, played, err)
			}
		}
	})
}

// TestNowAfterAgain looks at the time, and at random numbers, after a flow has begun anew.
func TestNowAfterAgain(t *testing.T) {
	t.Parallel()
	type seen struct {
		Now  []time.Time
		Rand []uint64
	}
	flow := sagas.Define("anew", func(s *sagas.Saga, in seen) (seen, error) {
		in.Now, in.Rand = append(in.Now, s.Now()), append(in.Rand, s.Rand().Uint64())
		if err := s.Sleep(time.Minute); err != nil {
			return in, err
		}
		if len(in.Now) < 3 {
			return in, sagas.Again(in)
		}
		return in, nil
	})
	check := func(how string, began time.Time, got seen, err error) {
		slices.Sort(got.Rand)
		if err != nil || len(got.Now) != 3 || len(slices.Compact(got.Rand)) != 3 {
			t.Errorf("%s: %+v, %v", how, got, err)
		}
		for i, now := range got.Now {
			if off := now.Sub(began) - time.Duration(i)*time.Minute; off < 0 || off > 10*time.Second {
				t.Errorf("%s: %d begins at %s", how, i, now)
			}
		}
	}
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", seen{}))
		w.Settle()
		got, err := flow.Handle(node.Group(), "1").Result(t.Context())
		h, failed := flow.Handle(node.Group(), "1").History(t.Context())
		check("on a node", h.Started, got, errors.Join(err, failed))
		if played, err := flow.Play(t.Context(), h); err != nil || string(played.Result) != string(h.Result) || h.Run != 2 {
			t.Errorf("%s\nis not %s: %v", played.Result, h.Result, err)
		}
	})
	tested := sagastest.Run(t, flow, seen{})
	check("in a test", tested.History.Started, tested.Result, nil)
}
