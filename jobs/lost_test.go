//go:build synctests

package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/resilience"
)

// crashed is a queue whose only node has as many jobs in its memory as there are members of a batch, none of which ends. The log is told what
// became of them.
func crashed(t *testing.T, count int, f func(*testing.T, *queue, *partitionstest.Node, *log)) {
	t.Helper()
	var l log
	var release chan struct{}
	once := jobs.Retry(resilience.RetryPolicy{Attempts: 1, Multiplier: 1})
	kind := jobs.Define("lost", func(context.Context, *jobs.Attempt, int) (jobs.None, error) {
		<-release
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(1), once)
	complete := jobs.Define("complete", func(_ context.Context, a *jobs.Attempt, _ int) (jobs.None, error) {
		l.add(fmt.Sprintf("%+v", a.Members()))
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(1))
	opts := []jobs.RunnerOption{kind, complete, jobs.Workers(count), jobs.Tell(), jobs.Logger(slog.New(slog.DiscardHandler))}
	run(t, opts, func(t *testing.T, q *queue) {
		t.Helper()
		release = make(chan struct{})
		defer close(release)
		node := q.group.Start()
		q.Settle()
		var members []jobs.Job
		for i := range count {
			members = append(members, kind.New(i, jobs.ID(fmt.Sprintf("m%05d", i))))
		}
		q.enqueue(jobs.Batch(complete.New(0, jobs.ID("batch")), members...)...)
		q.after(time.Second)
		if counts := q.counts(); counts[jobs.Running] != count {
			t.Fatalf("%v", counts)
		}
		f(t, q, node, &l)
	})
}

// TestManyLost kills a node with more jobs in its memory than one transaction sees to: all of them are told of, also to their batch, and what
// was cancelled before and meanwhile is.
func TestManyLost(t *testing.T) {
	t.Parallel()
	const count = 6000
	crashed(t, count, func(t *testing.T, q *queue, node *partitionstest.Node, l *log) { //nolint:thelper // it is the test
		outside, cancelled := jobs.Outside(q.Bus(), "work"), make(chan jobs.Answers, 2)
		cancel := func(id string) {
			go func() { cancelled <- outside.Cancel(t.Context(), id) }()
			q.Advance(100 * time.Millisecond)
		}
		cancel("m05998")
		node.Crash()
		cancel("m05999")
		node.Restart()
		q.after(time.Minute)
		late := 0
		for range 2 {
			var answers jobs.Answers
			select {
			case answers = <-cancelled:
			case <-time.After(time.Minute):
				t.Fatal("a cancellation is not answered")
			}
			if answers.Err() != nil || q.kept(answers[0].ID).State != answers[0].Job.State {
				t.Errorf("%+v", answers)
			}
			if answers[0].Job.State == jobs.Dead { // it had ended when that was asked
				late++
			}
		}
		if lines := l.all(); !slices.Equal(lines, []string{fmt.Sprintf("{Open:0 Done:0 Dead:%d Cancelled:%d}", count-2+late, 2-late)}) || late > 1 {
			t.Errorf("%v", lines)
		}
		for id, told := range q.tellings() {
			if last := told[len(told)-1].Value.State; !last.Ended() {
				t.Errorf("the last that was told of %s is that it is %s", id, last)
			}
		}
		if counts := q.counts(); counts[jobs.Dead]+counts[jobs.Cancelled] != count || len(counts) != 2 {
			t.Errorf("%v", counts)
		}
	})
}

// TestUnreadableLost has a row among them that cannot be read: it holds up none of the others.
func TestUnreadableLost(t *testing.T) {
	t.Parallel()
	const count = 4100
	crashed(t, count, func(t *testing.T, q *queue, node *partitionstest.Node, l *log) { //nolint:thelper // it is the test
		node.Crash()
		q.Advance(10 * time.Second)
		row := bus.Record{Topic: "jobs.work.changelog", Key: []byte("live//m03000-unreadable"), Value: []byte{255}}
		if err := q.Bus().Publish(t.Context(), row.To(0).Message()).Err(); err != nil {
			t.Fatal(err)
		}
		node.Restart()
		q.after(time.Minute)
		if lines := l.all(); !slices.Equal(lines, []string{fmt.Sprintf("{Open:0 Done:0 Dead:%d Cancelled:0}", count)}) {
			t.Errorf("%v", lines)
		}
	})
}
