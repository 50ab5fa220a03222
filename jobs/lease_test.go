//go:build synctests

package jobs_test

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
)

// TestLeaseComesBack has a node that hears nothing for so long that it may not believe in its shard any more, and not so long that another one
// has it: the last job is interrupted, and begins again without another one that ends.
func TestLeaseComesBack(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("long", func(ctx context.Context, a *jobs.Attempt, _ int) (jobs.None, error) {
		l.add(strconv.Itoa(a.Number()) + " begins")
		select {
		case <-time.After(20 * time.Second):
			l.add(strconv.Itoa(a.Number()) + " ends")
			return jobs.None{}, nil
		case <-ctx.Done():
			return jobs.None{}, context.Cause(ctx)
		}
	}, jobs.Queue("work"), jobs.Shards(1))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.after(10 * time.Second)
		q.enqueue(kind.New(1, jobs.ID("a")))
		q.after(time.Second)
		node.Pause()
		q.Advance(5500 * time.Millisecond)
		node.Resume()
		q.after(time.Minute)
		if lines := l.all(); !slices.Equal(lines, []string{"1 begins", "2 begins", "2 ends"}) {
			t.Errorf("%q", lines)
		}
	})
}

// TestOnlyAttempt kills a node after each of the transactions in which it takes a job in that it may not begin yet: the job's only attempt is not
// spent by that.
func TestOnlyAttempt(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 4; nth++ {
		t.Run(strconv.Itoa(nth), func(t *testing.T) {
			t.Parallel()
			var l log
			kind := jobs.Define("once", func(_ context.Context, a *jobs.Attempt, _ int) (jobs.None, error) {
				l.add(a.ID())
				return jobs.None{}, nil
			}, jobs.Queue("work"), jobs.Shards(1), jobs.Retry(resilience.RetryPolicy{Attempts: 1, Multiplier: 1}))
			run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
				q.enqueue(kind.New(1, jobs.ID("a")))
				q.group.Start().CrashAfter(partitionstest.EndTransaction, nth)
				q.Advance(time.Minute)
				q.group.Start()
				q.after(time.Minute)
				if lines := l.all(); !slices.Equal(lines, []string{"a"}) {
					t.Errorf("%q, and %+v", lines, q.kept("a"))
				}
			})
		})
	}
}
