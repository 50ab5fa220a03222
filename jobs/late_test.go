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
