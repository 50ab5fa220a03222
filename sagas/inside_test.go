//go:build synctests

package sagas_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

// inside are flows that use a Saga within a step.
func inside() map[string]*sagas.Flow[int, int] {
	within := func(use func(*sagas.Saga) error) *sagas.Flow[int, int] {
		return sagas.Define("inside", func(s *sagas.Saga, n int) (int, error) {
			step := sagas.NewStep("outer", func(context.Context, int) (int, error) { return 1, use(s) }, nil)
			return sagas.Do(s, step, n)
		})
	}
	return map[string]*sagas.Flow[int, int]{
		"do":    within(func(s *sagas.Saga) error { _, err := sagas.Do(s, weigh, "a"); return err }),
		"sleep": within(func(s *sagas.Saga) error { return s.Sleep(time.Second) }),
		"await": within(func(s *sagas.Saga) error { _, err := sagas.Await(s, said, 0); return err }),
		"all":   within(func(s *sagas.Saga) error { return sagas.All(s, 0, func(*sagas.Saga) error { return nil }) }),
		"token": within(func(s *sagas.Saga) error { sagas.NewToken[int](s, "token"); return nil }),
		"show":  within(func(s *sagas.Saga) error { link.Show(s, "a"); return nil }),
		"rand":  within(func(s *sagas.Saga) error { s.Rand(); return nil }),
	}
}

// TestDoInStep uses a Saga within a step, which would wait for itself: the saga is parked.
func TestDoInStep(t *testing.T) {
	t.Parallel()
	const want = `at 1 the flow waits for step "outer", and its Saga is used meanwhile`
	for name, flow := range inside() {
		if got := sagastest.Run(t, flow, 1); got.Status != sagas.Parked || !strings.Contains(got.Reason, want) {
			t.Errorf("%s: %s: %s", name, got.Status, got.Reason)
		}
	}
	flow := inside()["do"]
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		w.Publish(flow.New("1", 1))
		w.Settle()
		if is, why := status(t, g, flow, "1"); is != sagas.Parked || !strings.Contains(why, want) {
			t.Errorf("%s: %s", is, why)
		}
	})
}

// TestUndoThatAsks uses a Saga within an undo, after its flow has returned.
func TestUndoThatAsks(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("asks", func(s *sagas.Saga, n int) (int, error) {
		step := sagas.NewStep("outer", func(_ context.Context, n int) (int, error) { return n, nil },
			func(context.Context, int, int) error { return s.Sleep(time.Second) })
		if _, err := sagas.Do(s, step, n); err != nil {
			return 0, err
		}
		return 0, errors.New("it fails")
	})
	got := sagastest.Run(t, flow, 1)
	if got.Status != sagas.Parked || !strings.Contains(got.Reason, "no Saga may be used after its function has returned") {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
}

// TestParentInBranch uses Sagas of others in a branch, and one of a branch after that has ended.
func TestParentInBranch(t *testing.T) {
	t.Parallel()
	var first *sagas.Saga
	keep := func(s *sagas.Saga) error { first = s; return nil }
	for name, c := range map[string]struct {
		want string
		flow func(s *sagas.Saga) error
	}{
		"all": {"at 1 the flow waits for its branches", func(s *sagas.Saga) error {
			return sagas.All(s, 0, func(*sagas.Saga) error { return s.Sleep(time.Second) })
		}},
		"first": {"at 1 the flow waits for its branches", func(s *sagas.Saga) error {
			_, err := sagas.First(s, func(*sagas.Saga) error { _, err := sagas.Do(s, weigh, "a"); return err })
			return err
		}},
		"nested": {"at 1 the flow waits for its branches", func(s *sagas.Saga) error {
			return sagas.All(s, 0, func(*sagas.Saga) error { return sagas.All(s, 0, keep) })
		}},
		"another branch": {"a branch must use the Saga that it is given", func(s *sagas.Saga) error {
			return sagas.All(s, 1, keep, func(*sagas.Saga) error { return first.Sleep(time.Second) })
		}},
		"afterwards": {"no Saga may be used after its function has returned", func(s *sagas.Saga) error {
			return errors.Join(sagas.All(s, 0, keep), first.Sleep(time.Second))
		}},
	} {
		flow := sagas.Define("parent", func(s *sagas.Saga, _ int) (int, error) { return 0, c.flow(s) })
		got, err := flow.Play(short(t), sagas.History{Flow: "parent", ID: "1", Input: []byte("1")})
		if err != nil || got.Status != sagas.Parked || !strings.Contains(got.Reason, c.want) {
			t.Errorf("%s: %s, %q, %v", name, got.Status, got.Reason, err)
		}
	}
}

// TestCallsItself lets a saga call itself, and another one of its flow.
func TestCallsItself(t *testing.T) {
	t.Parallel()
	var flow *sagas.Flow[string, string]
	flow = sagas.Define("self", func(s *sagas.Saga, id string) (string, error) {
		if id == "" {
			return s.ID(), nil
		}
		return sagas.Call(s, flow, id, "")
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		w.Publish(flow.New("1", "1"), flow.New("2", "3"))
		w.Settle()
		_, err := flow.Handle(node.Group(), "1").Result(short(t))
		if failed, is := errors.AsType[*sagas.FailedError](err); !is || !strings.Contains(failed.Reason, `a saga calls itself: self "1"`) {
			t.Errorf("itself: %v", err)
		}
		if out, err := flow.Handle(node.Group(), "2").Result(t.Context()); out != "3" || err != nil {
			t.Errorf("another: %q, %v", out, err)
		}
	})
}
