package flows_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/flows/phase"
)

// engine calls the steps, or does what went wrong.
type engine struct{ steps, wrong int }

func (e *engine) Run(_ context.Context, id string) (flows.State, error) {
	s := flows.State{ID: id}
	for range e.steps {
		s, _ = flows.Step(s)
	}
	if len(s.Called) > flows.Steps {
		s.Called = s.Called[:flows.Steps]
	}
	if e.wrong == 1 {
		s.ID += "0"
	} else if e.wrong > 1 {
		s.Called = []int64{3, 2, 1}
	}
	return s, nil
}

func (e *engine) Park(_ context.Context, id string) error {
	_, err := flows.Step(flows.State{ID: id})
	return err
}

func (e *engine) Wake(_ context.Context, id string) (flows.State, error) {
	s, _ := flows.Step(flows.State{ID: id, Called: []int64{0}})
	return flows.Step(s)
}

func (e *engine) Close() error { return nil }

// measure is what a bench hears of the engine.
func measure(t *testing.T, e flows.Engine) ([]flows.Mark, error) {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	w := flows.Work{Name: "test", Profile: profile, Concurrent: 4, Alone: 20 * time.Millisecond, Together: 20 * time.Millisecond, Waiting: 300}
	marks, err := phase.Hear[flows.Mark](func(to phase.Teller) error { return flows.Measure(t.Context(), e, w, to) })
	if about, none := os.Stat(profile); err == nil && (none != nil || about.Size() == 0) {
		t.Errorf("there is no profile: %v", none)
	}
	return marks, err
}

//nolint:paralleltest // steps are counted for the whole process
func TestPhases(t *testing.T) {
	marks, err := measure(t, &engine{steps: flows.Steps})
	if err != nil {
		t.Fatal(err)
	}
	phases := []string{flows.Warm, flows.Alone, flows.Together, flows.Waiting, flows.Woken}
	if len(marks) != 2*len(phases) || (flows.Work{Waiting: 1}).Phases() != len(phases) {
		t.Fatalf("told %d marks", len(marks))
	}
	for i, phase := range phases {
		begin, over := marks[2*i], marks[2*i+1]
		if begin.Phase != phase || begin.Over || over.Phase != phase || !over.Over {
			t.Errorf("%s: told %q %t, %q %t", phase, begin.Phase, begin.Over, over.Phase, over.Over)
		}
		if over.Flows == 0 || over.Took <= 0 {
			t.Errorf("%s: %d flows in %v", phase, over.Flows, over.Took)
		}
		if phase == flows.Woken && len(over.Flow) != 100 {
			t.Errorf("%d flows were woken", len(over.Flow))
		}
		if i < 3 && (len(over.Flow) != over.Flows || len(over.Step) != 2*over.Flows) {
			t.Errorf("%s: %d flows, but %d and %d times", phase, over.Flows, len(over.Flow), len(over.Step))
		}
	}
}

//nolint:paralleltest // steps are counted for the whole process
func TestRefused(t *testing.T) {
	for name, e := range map[string]*engine{
		"a step lost": {steps: 2}, "a step repeated": {steps: 4}, "another's result": {steps: 3, wrong: 1}, "out of order": {steps: 3, wrong: 2},
	} {
		if _, err := measure(t, e); !errors.Is(err, flows.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
