package sagas_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

func branchStep() *sagas.Step[string, string] {
	return sagas.NewStep("work", func(_ context.Context, what string) (string, error) {
		if what == "bad" {
			return "", resilience.Permanent(errors.New("bad work"))
		}
		return strings.ToUpper(what), nil
	}, func(context.Context, string, string) error { return nil })
}

func TestAll(t *testing.T) {
	t.Parallel()
	work := branchStep()
	flow := sagas.Define("all", func(s *sagas.Saga, in []string) (out []string, err error) {
		out = make([]string, len(in))
		branches := make([]func(*sagas.Saga) error, len(in))
		for i, what := range in {
			branches[i] = func(s *sagas.Saga) error {
				if err := s.Sleep(time.Minute); err != nil {
					return err
				}
				out[i], err = sagas.Do(s, work, what)
				return err
			}
		}
		if err := sagas.All(s, 2, branches...); err != nil {
			return nil, err
		}
		_, err = sagas.Do(s, work, "last")
		return out, err
	})
	run := sagastest.Run(t, flow, []string{"a", "b", "c", "d", "e"})
	if run.Status != sagas.Completed || !slices.Equal(run.Result, []string{"A", "B", "C", "D", "E"}) || run.Took != 3*time.Minute {
		t.Errorf("%+v", run)
	}
	run = sagastest.Run(t, flow, []string{"a", "bad", "c"})
	if run.Status != sagas.Compensated || len(run.Log) != 8 || !strings.Contains(run.Reason, "bad work") {
		t.Errorf("%+v", run)
	}
	if run := sagastest.Run(t, flow, nil); run.Status != sagas.Completed {
		t.Errorf("%+v", run)
	}
	run = sagastest.Run(t, flow, []string{"a", "b", "c"}, sagastest.Cancel(90*time.Second))
	if run.Status != sagas.Compensated || run.Took != 90*time.Second {
		t.Errorf("%+v", run)
	}
}

func TestFirst(t *testing.T) {
	t.Parallel()
	work := branchStep()
	lost := 0
	flow := sagas.Define("first", func(s *sagas.Saga, fail string) (string, error) {
		slow := func(s *sagas.Saga) error {
			if _, err := sagas.Do(s, work, "slow"); err != nil {
				return err
			}
			err := s.Sleep(time.Hour)
			if errors.Is(err, sagas.ErrCancelled) {
				lost++
				if _, err := sagas.Do(s, work, "after"); !errors.Is(err, sagas.ErrCancelled) {
					return errors.New("a step has begun in a branch that has lost")
				}
			}
			return err
		}
		fast := func(s *sagas.Saga) error {
			if err := s.Sleep(time.Minute); err != nil {
				return err
			}
			_, err := sagas.Do(s, work, fail)
			return err
		}
		i, err := sagas.First(s, slow, fast)
		if err != nil {
			return "", err
		}
		return []string{"slow", "fast"}[i], s.Sleep(time.Minute)
	})
	run := sagastest.Run(t, flow, "x")
	if run.Status != sagas.Completed || run.Result != "fast" || run.Took != 2*time.Minute || lost == 0 {
		t.Errorf("%+v", run)
	}
	if i := slices.IndexFunc(run.History.Entries, func(e sagas.Entry) bool { return e.At == "1.0.1~" && e.Kind == sagas.KindUndo }); i < 0 {
		t.Errorf("what the branch did that has lost is not undone: %q", run.Log)
	}
	run = sagastest.Run(t, flow, "bad")
	if run.Status != sagas.Completed || run.Result != "slow" || run.Took != time.Hour+time.Minute {
		t.Errorf("%+v", run)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	work := branchStep()
	before := sagas.Define("grown", func(s *sagas.Saga, _ int) (string, error) {
		if err := s.Sleep(time.Minute); err != nil {
			return "", err
		}
		return sagas.Do(s, work, "old")
	})
	after := sagas.Define("grown", func(s *sagas.Saga, _ int) (out string, err error) {
		if s.Version("more", 2) >= 2 {
			if out, err = sagas.Do(s, work, "new"); err != nil {
				return "", err
			}
		}
		if err := s.Sleep(time.Minute); err != nil {
			return "", err
		}
		rest, err := sagas.Do(s, work, "old")
		return out + rest, err
	})
	for n, want := range []string{"NEWOLD", "OLD", "OLD"} {
		h := sagastest.Run(t, before, 1).History
		h.Entries, h.Status = h.Entries[:n], sagas.Running
		run := sagastest.Continue(t, after, h)
		if run.Status != sagas.Completed || run.Result != want {
			t.Errorf("after %d entries of the flow as it was: %+v", n, run)
		}
	}
}
