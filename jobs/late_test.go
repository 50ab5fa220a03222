//go:build synctests

package jobs_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
)

// TestLateMembers cancels a batch before its members have come: one that comes within a day is cancelled, and a job of another one's id that comes
// after that is done.
func TestLateMembers(t *testing.T) {
	t.Parallel()
	var l log
	done := jobs.Define("complete", func(_ context.Context, _ *jobs.Attempt, in string) (jobs.None, error) {
		l.add(in)
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4), jobs.Retain(time.Hour))
	run(t, []jobs.RunnerOption{done}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.Settle()
		batch := jobs.Batch(done.New("batch", jobs.ID("batch")), done.New("first", jobs.ID("first")), done.New("second", jobs.ID("second")))
		q.enqueue(batch[:2]...)
		q.after(time.Second)
		if answers := jobs.Outside(q.Bus(), "work").Cancel(t.Context(), "batch"); answers.Err() != nil {
			t.Fatal(answers.Err())
		}
		q.after(time.Second)
		later := func(d time.Duration) {
			node.Stop()
			q.Advance(d)
			node.Restart()
			q.after(10 * time.Second)
		}
		later(23 * time.Hour)
		q.enqueue(batch[2])
		q.after(time.Second)
		if d := q.kept("first"); d.State != jobs.Cancelled || d.Kind != "complete" {
			t.Errorf("%+v", d)
		}
		if d := q.kept("second"); d.State != jobs.Cancelled || d.Kind != "" {
			t.Errorf("%+v", d)
		}
		later(2 * time.Hour)
		if d := q.kept("second"); d.ID != "" {
			t.Errorf("%+v", d)
		}
		q.enqueue(done.New("second", jobs.ID("second")))
		q.after(time.Second)
		if d := q.kept("second"); d.State != jobs.Done || !slices.Equal(l.all(), []string{"second"}) {
			t.Errorf("%+v, %v", d, l.all())
		}
		if d := q.kept("first"); d.State != jobs.Cancelled {
			t.Errorf("%+v", d)
		}
	})
}

// TestManyDismissed cancels batches of batches, whose members are more than one transaction can tell that they are cancelled: all of them are.
func TestManyDismissed(t *testing.T) {
	t.Parallel()
	const batches, members = 11, 1000
	kind := jobs.Define("later", func(context.Context, *jobs.Attempt, int) (jobs.None, error) { return jobs.None{}, nil },
		jobs.Queue("work"), jobs.Shards(1))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.Settle()
		var inner []jobs.Job
		for range batches {
			var of []jobs.Job
			for i := range members {
				of = append(of, kind.New(i, jobs.After(time.Hour)))
			}
			inner = append(inner, jobs.Batch(kind.New(0), of...)...)
		}
		q.enqueue(jobs.Batch(kind.New(0, jobs.ID("outer")), inner...)...)
		q.after(time.Second)
		if answers := jobs.Outside(q.Bus(), "work").Cancel(t.Context(), "outer"); answers.Err() != nil {
			t.Fatal(answers.Err())
		}
		q.after(time.Minute)
		if counts := q.counts(); counts[jobs.Cancelled] != batches*(members+1)+1 || len(counts) != 1 {
			t.Errorf("%v", counts)
		}
	})
}
