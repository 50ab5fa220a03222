//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// TestOutside asks of a queue, of its jobs and of tenants', what a node of it may ask, from a process that is none.
func TestOutside(t *testing.T) {
	t.Parallel()
	kind := jobs.Define("parse", func(_ context.Context, _ *jobs.Attempt, in int) (int, error) {
		if in < 0 {
			return 0, jobs.Discard(errors.New("it is negative"))
		}
		return in, nil
	}, jobs.Queue("work"), jobs.Shards(4), jobs.Retain(time.Hour))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		control := jobs.Outside(q.Bus(), "work")
		if err := control.Pause(t.Context()); err == nil {
			t.Error("a queue that has never run is paused")
		}
		if err := control.Describe(t.Context(), "one").Err(); !errors.Is(err, bus.ErrNoTopic) {
			t.Errorf("of a queue that has never run: %v", err)
		}
		q.group.Start()
		acme := request.With(t.Context(), request.Info{Tenant: "acme"})
		q.enqueue(kind.New(-1, jobs.ID("one")), kind.New(1, jobs.ID("later"), jobs.After(time.Hour)))
		q.enqueueAs(acme, kind.New(-2, jobs.ID("one")))
		q.after(time.Second)
		described := control.Describe(acme, "one", "later")
		if d := described[0].Job; d.State != jobs.Dead || string(d.Input) != "-2" || !errors.Is(described[1].Err, jobs.ErrNotFound) {
			t.Errorf("%+v", described)
		}
		if err := errors.Join(control.Edit(acme, kind.Edit("one", 2)).Err(), control.Redrive(acme, "one").Err(),
			control.Discard(t.Context(), "one").Err(), control.Cancel(t.Context(), "later").Err()); err != nil {
			t.Fatal(err)
		}
		q.after(time.Second)
		if counts := q.counts(); counts[jobs.Done] != 1 || counts[jobs.Cancelled] != 1 || len(counts) != 2 {
			t.Errorf("%v", counts)
		}
		if err := control.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		q.enqueue(kind.New(3), kind.New(4), kind.New(5))
		q.after(time.Minute)
		if counts := q.counts(); counts[jobs.Waiting] != 3 {
			t.Errorf("%v", counts)
		}
		if err := control.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		q.after(time.Second)
		if counts := q.counts(); counts[jobs.Done] != 4 {
			t.Errorf("%v", counts)
		}
		gone, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		if err := jobs.Outside(q.Bus(), "other").Cancel(gone, "one").Err(); err == nil {
			t.Error("a job of a queue that is not there is cancelled")
		}
	})
}
