//go:build synctests

package jobs_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// TestUnique enqueues several jobs of one unique key: what becomes of the others is as was asked, within the window and after it, also
// where the shard moves meanwhile.
func TestUnique(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("sync", func(_ context.Context, _ *jobs.Attempt, in string) (jobs.None, error) {
		l.add(in)
		<-time.After(time.Second)
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.group.Start()
		q.Settle()
		unique := func(in, key string, window time.Duration, conflict jobs.Conflict, more ...jobs.JobOption) jobs.Job {
			return kind.New(in, append(more, jobs.ID(in), jobs.Unique(key, window, conflict))...)
		}
		q.enqueue(unique("i1", "i", time.Minute, jobs.Ignore), unique("i2", "i", time.Minute, jobs.Ignore))
		q.enqueue(unique("p1", "p", 0, jobs.Replace, jobs.After(10*time.Second)), unique("p2", "p", 0, jobs.Replace, jobs.After(20*time.Second)),
			unique("p3", "p", 0, jobs.Replace, jobs.After(5*time.Second)))
		q.enqueue(unique("r1", "r", 0, jobs.Reject), unique("r2", "r", 0, jobs.Reject))
		q.enqueueAs(request.With(t.Context(), request.Info{Tenant: "other"}), unique("i3", "i", time.Minute, jobs.Ignore))
		q.after(2 * time.Second)
		q.group.Owner("i").Crash()
		q.after(5 * time.Second)
		q.enqueue(unique("i4", "i", time.Minute, jobs.Ignore), unique("r3", "r", 0, jobs.Reject))
		q.after(time.Minute)
		q.enqueue(unique("i5", "i", time.Minute, jobs.Ignore), unique("p4", "p", 0, jobs.Replace))
		q.after(3 * time.Second)
		lines := l.all()
		slices.Sort(lines)
		if !slices.Equal(lines, []string{"i1", "i3", "i5", "p3", "p4", "r1", "r3"}) {
			t.Errorf("%v", lines)
		}
		if d := q.kept("r#r2"); d.State != jobs.Dead || d.Reason != "its unique key r belongs to the job r#r1" {
			t.Errorf("%+v", d)
		}
		if counts := q.counts(); counts[jobs.Dead] != 1 || len(counts) != 1 {
			t.Errorf("%v", counts)
		}
	})
}

// TestUniqueForEver has a window that is longer than times can say.
func TestUniqueForEver(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("once", func(context.Context, *jobs.Attempt, int) (jobs.None, error) {
		l.add("once")
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(1))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		for i := range 3 {
			q.enqueue(kind.New(i, jobs.Unique("key", 1<<63-1, jobs.Ignore)))
			q.after(time.Second)
		}
		if calls := len(l.all()); calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}
