package tasks_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/bench/flows/phase"
	"github.com/millrace/millrace/bench/flows/tasks"
)

// engine handles jobs once it works, some of them so many times.
type engine struct {
	queue chan tasks.Job
	last  int // times that the last of ten is handled
}

func (e *engine) Enqueue(_ context.Context, all ...tasks.Job) error {
	for _, j := range all {
		e.queue <- j
	}
	return nil
}

func (e *engine) Work(context.Context) error {
	go func() {
		for j := range e.queue {
			times := 1
			if j.N == 9 {
				times = e.last
			}
			for range times {
				tasks.Do(j)
			}
			if j.N == 9 && times == 0 {
				tasks.Do(tasks.Job{N: 9, At: j.At})
				tasks.Do(tasks.Job{N: -1})
			}
		}
	}()
	return nil
}

func (e *engine) Close() error {
	close(e.queue)
	return nil
}

// measure is what a bench hears of the engine.
func measure(t *testing.T, e *engine) ([]tasks.Mark, error) {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	w := tasks.Work{Jobs: 1000, Batch: 7, Callers: 3, Low: 50 * time.Millisecond, Pace: time.Millisecond, Profile: profile}
	marks, err := phase.Hear[tasks.Mark](func(to phase.Teller) error { return tasks.Measure(t.Context(), e, w, to) })
	if about, none := os.Stat(profile); err == nil && (none != nil || about.Size() == 0) {
		t.Errorf("there is no profile: %v", none)
	}
	return marks, errors.Join(err, e.Close())
}

//nolint:paralleltest // jobs are counted for the whole process
func TestPhases(t *testing.T) {
	marks, err := measure(t, &engine{make(chan tasks.Job, 1000), 1})
	if err != nil {
		t.Fatal(err)
	}
	phases := []string{tasks.Enqueue, tasks.Drain, tasks.Low}
	if len(marks) != 2*len(phases) || tasks.Phases != len(phases) {
		t.Fatalf("told %d marks", len(marks))
	}
	for i, phase := range phases {
		begin, over := marks[2*i], marks[2*i+1]
		if begin.Phase != phase || begin.Ended() || over.Phase != phase || !over.Ended() {
			t.Errorf("%s: told %q %t, %q %t", phase, begin.Phase, begin.Over, over.Phase, over.Over)
		}
		if want := []int{1000, 1000, 50}[i]; over.Jobs != want || over.Took <= 0 {
			t.Errorf("%s: %d jobs in %v", phase, over.Jobs, over.Took)
		}
		if phase == tasks.Low && len(over.Times) != over.Jobs {
			t.Errorf("%d jobs, but %d times", over.Jobs, len(over.Times))
		}
	}
}

//nolint:paralleltest // jobs are counted for the whole process
func TestRefused(t *testing.T) {
	for name, times := range map[string]int{"a job that comes again": 2, "a job that is unknown": 0} {
		if _, err := measure(t, &engine{make(chan tasks.Job, 1000), times}); !errors.Is(err, tasks.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
