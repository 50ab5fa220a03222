//go:build synctests

package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
)

// TestNeverEarly lets the shards move and their owners die while jobs wait for their time: none begins before it, and each soon after.
func TestNeverEarly(t *testing.T) {
	t.Parallel()
	calls := make(chan [2]time.Time, 999)
	kind := jobs.Define("later", func(_ context.Context, _ *jobs.Attempt, due time.Time) (jobs.None, error) {
		calls <- [2]time.Time{due, time.Now()}
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		nodes := []any{q.group.Start(), q.group.Start()}
		first := q.group.Owner("x")
		for i := range 200 {
			due := time.Now().Add(time.Duration(i) * 500 * time.Millisecond)
			q.enqueue(kind.New(due, jobs.At(due)))
		}
		q.enqueue(kind.New(time.Now().Add(-time.Hour), jobs.At(time.Now().Add(-time.Hour))))
		q.after(20 * time.Second)
		q.group.Rebalance()
		q.after(10 * time.Second)
		first.Crash()
		q.after(3 * time.Minute)
		if len(calls) != 201 || len(nodes) != 2 {
			t.Fatalf("%d calls", len(calls))
		}
		late := 0
		for range 201 {
			call := <-calls
			if call[1].Before(call[0]) {
				t.Errorf("due %s, begun %s", call[0], call[1])
			}
			if call[1].Sub(call[0]) > time.Second {
				late++
			}
		}
		if late > 60 {
			t.Errorf("%d are late", late)
		}
		if counts := q.counts(); len(counts) != 0 {
			t.Errorf("%v", counts)
		}
	})
}
