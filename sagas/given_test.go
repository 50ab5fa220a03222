//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

var weigh = sagas.NewStep("weigh", func(_ context.Context, what string) (int, error) { return len(what), nil }, nil)

// TestOtherInput plays histories by flows that give a step, and a saga that is called, something else.
func TestOtherInput(t *testing.T) {
	t.Parallel()
	called := sagas.Define("called", func(_ *sagas.Saga, n int) (int, error) { return n, nil })
	giving := func(what, id string, n int) *sagas.Flow[string, int] {
		return sagas.Define("giving", func(s *sagas.Saga, _ string) (int, error) {
			if err := s.Sleep(time.Second); err != nil {
				return 0, err
			}
			if _, err := sagas.Do(s, weigh, what); err != nil {
				return 0, err
			}
			return sagas.Call(s, called, id, n)
		})
	}
	was := sagastest.Run(t, giving("a secret", "c", 7), "in", sagastest.Child(called, func(n int) (int, error) { return n, nil }))
	if was.Status != sagas.Completed {
		t.Fatalf("%+v", was)
	}
	for name, c := range map[string]struct {
		flow   *sagas.Flow[string, int]
		status sagas.Status
		reason string
	}{
		"as it was": {giving("a secret", "c", 7), sagas.Completed, ""},
		"another step": {
			giving("no secret", "c", 7), sagas.Parked,
			`at 2 step "weigh" was given something else than the flow gives it now: its input differs`,
		},
		"another call": {giving("a secret", "c", 8), sagas.Parked, `at 3 call "called" was given something else`},
		"another id":   {giving("a secret", "d", 7), sagas.Parked, `at 3 call "called" was given something else`},
	} {
		got, err := c.flow.Play(t.Context(), was.History)
		if err != nil || got.Status != c.status || !strings.Contains(got.Reason, c.reason) || strings.Contains(got.Reason, "secret") {
			t.Errorf("%s: %s, %q, %v", name, got.Status, got.Reason, err)
		}
	}
	old := was.History
	old.Entries = slices.Clone(old.Entries)
	for i := range old.Entries {
		old.Entries[i].Given = ""
	}
	if got, err := giving("no secret", "d", 8).Play(t.Context(), old); err != nil || got.Status != sagas.Completed {
		t.Errorf("without digests: %+v, %v", got, err)
	}
}

// TestOtherInputOfRetry changes what a flow gives a step between two attempts.
func TestOtherInputOfRetry(t *testing.T) {
	t.Parallel()
	what := "a"
	step := sagas.NewStep("step", func(context.Context, string) (string, error) {
		return "", resilience.Transient(errors.New("not yet"))
	}, nil, sagas.Retry(resilience.RetryPolicy{Attempts: 9, Initial: time.Minute, Max: time.Minute, Multiplier: 1}))
	flow := sagas.Define("retried", func(s *sagas.Saga, _ int) (string, error) { return sagas.Do(s, step, what) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		node.Stop()
		what = "b"
		node.Restart()
		w.Advance(2 * time.Minute)
		if is, why := status(t, g, flow, "1"); is != sagas.Parked || !strings.Contains(why, `at 1 step "step" was given something else`) {
			t.Errorf("%s: %s", is, why)
		}
		if err := flow.Resume(t.Context(), w.Bus(), "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Second)
		expect(t, g, flow, "1", sagas.Parked)
		what = "a"
		if err := flow.Resume(t.Context(), w.Bus(), "1").Err(); err != nil {
			t.Fatal(err)
		}
		w.Advance(time.Second)
		expect(t, g, flow, "1", sagas.Waiting)
	})
}

// TestUndoInput lets a flow, and a step, change what a step was given.
func TestUndoInput(t *testing.T) {
	t.Parallel()
	var tried, undone []string
	step := sagas.NewStep("step", func(_ context.Context, parts []string) ([]string, error) {
		tried = append(tried, strings.Join(parts, " "))
		parts[0] = "changed by the step"
		if len(tried) == 1 {
			return nil, resilience.Transient(errors.New("not yet"))
		}
		return []string{"done"}, nil
	}, func(_ context.Context, in, out []string) error {
		undone = append(undone, strings.Join(append(in, out...), " "))
		return nil
	})
	flow := sagas.Define("changing", func(s *sagas.Saga, in []string) (int, error) {
		out, err := sagas.Do(s, step, in)
		if err != nil {
			return 0, err
		}
		in[0], out[0] = "changed by the flow", "as well"
		return 0, errors.New("it fails")
	})
	got := sagastest.Run(t, flow, []string{"a", "b"})
	if got.Status != sagas.Compensated || !slices.Equal(tried, []string{"a b", "a b"}) || !slices.Equal(undone, []string{"a b done"}) {
		t.Errorf("%s, tried %q, undone %q", got.Reason, tried, undone)
	}
	undone = nil
	sagastest.Run(t, flow, []string{"a", "b"}, sagastest.Undo(step, func(_ context.Context, in, out []string) error {
		undone = append(undone, strings.Join(append(in, out...), " "))
		return nil
	}))
	if !slices.Equal(undone, []string{"a b done"}) {
		t.Errorf("a script was given %q", undone)
	}
}

// TestUnencodableInput defines a step that is given what has no JSON.
func TestUnencodableInput(t *testing.T) {
	t.Parallel()
	step := sagas.NewStep("chan", func(context.Context, chan int) (int, error) { return 0, nil }, nil)
	if !errors.Is(step.Err(), sagas.ErrDefinition) {
		t.Errorf("%v", step.Err())
	}
}
