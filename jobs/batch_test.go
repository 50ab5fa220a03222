//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// member does as its input says.
var member = jobs.Define("member", member0, jobs.Queue("work"), jobs.Shards(4))

func member0(ctx context.Context, a *jobs.Attempt, in string) (jobs.None, error) {
	<-time.After(20 * time.Millisecond)
	kind := jobs.Define("member", func(context.Context, *jobs.Attempt, string) (jobs.None, error) { return jobs.None{}, nil },
		jobs.Queue("work"), jobs.Shards(4))
	switch in {
	case "dies":
		return jobs.None{}, jobs.Discard(errors.New("no"))
	case "waits":
		<-ctx.Done()
		return jobs.None{}, ctx.Err()
	case "adds":
		return jobs.None{}, a.Then(kind.New("", jobs.ID(a.ID()+"-added"), jobs.Then(kind.New("", jobs.ID(a.ID()+"-next")))))
	}
	return jobs.None{}, nil
}

// batched is a world with two nodes, and what the completion jobs have learnt.
func batched(t *testing.T, f func(*testing.T, *queue, *jobs.Kind[string, jobs.None], *log)) {
	t.Helper()
	var l log
	done := jobs.Define("complete", func(_ context.Context, a *jobs.Attempt, in string) (jobs.None, error) {
		l.add(fmt.Sprintf("%s%s%+v", a.Tenant(), in, a.Members()))
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4), jobs.Retain(24*time.Hour))
	run(t, []jobs.RunnerOption{member, done, jobs.Workers(20)}, func(t *testing.T, q *queue) {
		t.Helper()
		q.group.Start()
		q.group.Start()
		q.Settle()
		f(t, q, done, &l)
	})
}

// TestBatch has batches whose members end well, die, are let go, and add others, while nodes die and shards move: the completion job of each
// begins once, when all have ended.
func TestBatch(t *testing.T) {
	t.Parallel()
	batched(t, func(t *testing.T, q *queue, done *jobs.Kind[string, jobs.None], l *log) { //nolint:thelper // it is the test
		ctx := request.With(t.Context(), request.Info{Tenant: "acme"})
		for b := range 10 {
			var members []jobs.Job
			for i := range 100 {
				in := map[int]string{7: "dies", 11: "adds", 13: "adds"}[i]
				members = append(members, member.New(in, jobs.ID(fmt.Sprintf("m%d-%d", b, i))))
			}
			members = append(members, member.New("", jobs.ID(fmt.Sprint("u1-", b)), jobs.Unique(id(b), time.Hour, jobs.Ignore)),
				member.New("", jobs.ID(fmt.Sprint("u2-", b)), jobs.Unique(id(b), time.Hour, jobs.Ignore)))
			batch := jobs.Batch(done.New(id(b), jobs.ID(fmt.Sprint("batch", b))), members...)
			q.enqueueAs(ctx, batch...)
			switch b {
			case 4:
				q.enqueueAs(ctx, batch[:20]...) // twice
				q.group.Rebalance()
			case 7:
				q.group.Owner("batch7").Crash()
			}
		}
		q.after(2 * time.Minute)
		lines := l.all()
		slices.Sort(lines)
		if lines = slices.Compact(lines); len(lines) != 10 {
			t.Errorf("%d batches have ended: %v", len(lines), lines)
		}
		for b, line := range lines {
			if want := fmt.Sprintf("acme%d{Open:0 Done:104 Dead:1 Cancelled:1}", b); line != want {
				t.Errorf("%s, not %s", line, want)
			}
		}
		if counts := q.counts(); counts[jobs.Done] != 10 || counts[jobs.Dead] != 10 || len(counts) != 2 {
			t.Errorf("%v", counts)
		}
		if d := q.kept("batch3"); d.Calls < 1 || d.Members.Done != 104 {
			t.Errorf("%+v", d)
		}
	})
}

// TestBatchCancel cancels a batch with members that run, wait, have ended and come later: none goes on, and its completion job does not
// begin. It is described and listed before, and one that is empty completes at once.
func TestBatchCancel(t *testing.T) {
	t.Parallel()
	batched(t, func(t *testing.T, q *queue, done *jobs.Kind[string, jobs.None], l *log) { //nolint:thelper // it is the test
		q.enqueue(jobs.Batch(done.New("empty"))...)
		members := []jobs.Job{
			member.New("", jobs.ID("quick")), member.New("waits", jobs.ID("runs")),
			member.New("", jobs.ID("later"), jobs.After(time.Hour)), member.New("", jobs.ID("late")),
		}
		outer := jobs.Batch(done.New("outer"), jobs.Batch(done.New("inner", jobs.ID("inner")), members...)...)
		last := len(outer) - 1
		q.enqueue(outer[:last]...)
		q.after(time.Second)
		if d := q.kept("inner"); d.State != jobs.Pending || d.Members != (jobs.Members{Open: 3, Done: 1}) || d.Batch == "" {
			t.Errorf("%+v", d)
		}
		r := q.runner(q.group.Owner("inner"))
		if d := r.Describe(t.Context(), "inner")[0].Job; d.State != jobs.Pending || d.Members.Open != 3 {
			t.Errorf("%+v", d)
		}
		if answers := r.Cancel(t.Context(), "inner"); answers.Err() != nil || answers[0].Job.State != jobs.Cancelled {
			t.Errorf("%+v", answers)
		}
		q.after(time.Second)
		q.enqueue(outer[last])
		q.after(5 * time.Second)
		for _, id := range []string{"runs", "later", "late", "inner"} {
			if d := q.kept(id); d.State != jobs.Cancelled || d.Kind == "" || d.Reason == "" {
				t.Errorf("%s: %+v", id, d)
			}
		}
		lines := l.all()
		slices.Sort(lines)
		if !slices.Equal(lines, []string{"empty{Open:0 Done:0 Dead:0 Cancelled:0}", "outer{Open:0 Done:0 Dead:0 Cancelled:1}"}) {
			t.Errorf("%v", lines)
		}
		if answers := r.Redrive(t.Context(), "late"); answers.Err() != nil {
			t.Error(answers.Err())
		}
	})
}

// TestBatchJoin adds members from a member that runs, which a batch takes as long as it is open.
func TestBatchJoin(t *testing.T) {
	t.Parallel()
	var l log
	var q *queue
	grow := jobs.Define("grow", func(ctx context.Context, a *jobs.Attempt, n int) (jobs.None, error) {
		var more []jobs.Job
		for i := range n {
			more = append(more, member.New("", jobs.ID(fmt.Sprint(a.ID(), "-", i))))
		}
		err := jobs.Enqueue(ctx, q.Bus(), a.Join(more...)...).Err()
		if a.Attempt() == 1 {
			return jobs.None{}, errors.New("once more")
		}
		return jobs.None{}, err
	}, jobs.Queue("work"), jobs.Shards(4))
	done := jobs.Define("complete", func(_ context.Context, a *jobs.Attempt, _ string) (jobs.None, error) {
		l.add(fmt.Sprint(a.Members()))
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{member, grow, done}, func(t *testing.T, world *queue) { //nolint:thelper // it is the test
		q = world
		q.group.Start()
		q.Settle()
		q.enqueue(jobs.Batch(done.New("", jobs.ID("b")), grow.New(1500, jobs.ID("g")))...)
		q.enqueue(grow.New(1, jobs.ID("alone")))
		q.after(10 * time.Minute)
		if lines := l.all(); !slices.Equal(lines, []string{"{0 1501 0 0}"}) {
			t.Errorf("%v", lines)
		}
		if in, err := jobs.Inspect(t.Context(), q.Bus(), "work", nil); err != nil || in.Counts[jobs.Pending] != 0 {
			t.Errorf("%v, %v", in.Counts, err)
		}
		if d := q.kept("alone"); d.State != jobs.Dead || !strings.Contains(d.Reason, "no member of a batch") {
			t.Errorf("%+v", d)
		}
	})
}

// TestBatchRefused has a completion job that cannot be: nothing of the batch is enqueued.
func TestBatchRefused(t *testing.T) {
	t.Parallel()
	for _, job := range jobs.Batch(member.New("", jobs.Priority(9)), member.New(""), member.New("")) {
		if !errors.Is(job.Err(), jobs.ErrJob) || !strings.Contains(job.Err().Error(), "priority 9") {
			t.Error(job.Err())
		}
	}
}
