//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// TestCancel cancels jobs that are scheduled, that wait, that run and heed it, and that are done: once it is answered nothing runs, and what a
// handler returns later does not count.
func TestCancel(t *testing.T) {
	t.Parallel()
	causes := make(chan error, 9)
	ended := make(chan time.Time, 9)
	kind := jobs.Define("until", func(ctx context.Context, _ *jobs.Attempt, _ string) (string, error) {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		<-time.After(300 * time.Millisecond)
		ended <- time.Now()
		return "done all the same", nil
	}, jobs.Queue("work"), jobs.Shards(2), jobs.Retain(time.Hour), jobs.Concurrency(1))
	quick := jobs.Define("quick", func(context.Context, *jobs.Attempt, string) (int, error) { return 1, nil }, jobs.Queue("work"),
		jobs.Shards(2), jobs.Retain(time.Hour))
	run(t, []jobs.RunnerOption{kind, quick}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.Settle()
		q.enqueue(kind.New("", jobs.ID("runs")))
		q.Settle()
		q.enqueue(kind.New("", jobs.ID("next")), kind.New("", jobs.ID("waits1")), kind.New("", jobs.ID("waits2")),
			kind.New("", jobs.ID("later"), jobs.After(time.Hour)), quick.New("", jobs.ID("quick")))
		q.after(time.Second)
		r := q.runner(node)
		answers := r.Cancel(t.Context(), "next", "waits1", "waits2", "later", "quick", "nobody")
		for i, want := range []jobs.State{jobs.Cancelled, jobs.Cancelled, jobs.Cancelled, jobs.Cancelled, jobs.Done, ""} {
			if a := answers[i]; a.Job.State != want || (a.Err != nil) != (want == "") {
				t.Errorf("%+v", a)
			}
		}
		if !errors.Is(answers.Err(), jobs.ErrNotFound) || resilience.ClassOf(answers[5].Err) != resilience.ClassPermanent {
			t.Error(answers.Err())
		}
		if a := r.Cancel(request.With(t.Context(), request.Info{Tenant: "other"}), "runs"); !errors.Is(a.Err(), jobs.ErrNotFound) {
			t.Errorf("%+v", a)
		}
		answers = r.Cancel(t.Context(), "runs")
		now := time.Now()
		if answers.Err() != nil || answers[0].Job.State != jobs.Cancelled || len(answers[0].Job.Output) > 0 {
			t.Errorf("%+v", answers)
		}
		select {
		case end := <-ended:
			if end.After(now) || !errors.Is(<-causes, jobs.ErrCancelled) {
				t.Errorf("answered at %s, ended at %s", now, end)
			}
		default:
			t.Fatalf("answered at %s, and it runs", now)
		}
		q.after(2 * time.Hour)
		if counts := q.counts(); counts[jobs.Cancelled] != 5 || counts[jobs.Done] != 0 || len(ended) != 0 {
			t.Errorf("%v", counts)
		}
	})
}

// TestCancelAtOnce lets jobs and their cancellations wait for a node together, so that both are seen to in one transaction, in rounds until the
// jobs have come first.
func TestCancelAtOnce(t *testing.T) {
	t.Parallel()
	kind := jobs.Define("until", func(ctx context.Context, _ *jobs.Attempt, _ int) (jobs.None, error) {
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Minute):
		}
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(1))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		for round := range 30 {
			q.Settle()
			node.Stop()
			var all []jobs.Job
			var ids []string
			for i := range 20 {
				name := fmt.Sprint(round, "-", i)
				all, ids = append(all, kind.New(i, jobs.ID(name))), append(ids, name)
			}
			q.enqueue(all...)
			answered := make(chan jobs.Answers, 1)
			go func() { answered <- jobs.Outside(q.Bus(), "work").Cancel(t.Context(), ids...) }()
			q.Advance(2 * time.Second)
			node.Restart()
			q.Advance(30 * time.Second)
			select {
			case answers := <-answered:
				if errors.Is(answers.Err(), jobs.ErrNotFound) {
					q.Advance(10 * time.Minute)
					continue
				}
			default:
				t.Error("it is not answered")
			}
			if counts := q.counts(); counts[jobs.Cancelled] != 20 || counts[jobs.Running] != 0 {
				t.Errorf("%v", counts)
			}
			return
		}
		t.Error("in no round jobs came before their cancellations")
	})
}
