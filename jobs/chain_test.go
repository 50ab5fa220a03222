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
	"github.com/millrace/millrace/resilience"
)

// TestChain has a hundred chains that fork, while nodes die and shards move: each link is enqueued once, is the chain's tenant's, and has
// what the one before has returned. Where one is dead the rest waits with it, and goes on when it is redriven.
func TestChain(t *testing.T) {
	t.Parallel()
	var l log
	broken := true
	step := jobs.Define("step", func(_ context.Context, a *jobs.Attempt, in string) (string, error) {
		given, err := jobs.Given[string](a)
		if err != nil {
			return "", err
		}
		<-time.After(50 * time.Millisecond)
		if strings.HasSuffix(in, "fails") && broken {
			return "", errors.New("it is broken")
		}
		if in == "c" && time.Since(a.Enqueued()) < 10*time.Second {
			t.Errorf("a link that was enqueued at %s has begun", a.Enqueued())
		}
		if in == "grows" {
			err = a.Then(jobs.Define("step", step0, jobs.Queue("work"), jobs.Shards(4)).New("grown", jobs.ID(a.ID()+"-grown")))
		}
		l.add(string(a.Tenant()) + ":" + given + in)
		return given + in + ".", err
	}, jobs.Queue("work"), jobs.Shards(4), jobs.Retry(resilience.RetryPolicy{Attempts: 9, Initial: time.Second, Max: time.Second, Multiplier: 1}))
	run(t, []jobs.RunnerOption{step, jobs.Workers(20)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.group.Start()
		q.Settle()
		ctx := request.With(t.Context(), request.Info{Tenant: "acme"})
		for i := range 100 {
			name := func(part string) jobs.JobOption { return jobs.ID(fmt.Sprint(part, i)) }
			last := step.New("c", name("c"), jobs.After(10*time.Second))
			q.enqueueAs(ctx, step.New("a", name("a"), jobs.Then(step.New("b", name("b"), jobs.Then(last)), step.New("grows", name("g")))))
			switch i {
			case 40:
				q.group.Rebalance()
			case 60:
				q.group.Owner("x").Crash()
			}
		}
		q.after(2 * time.Minute)
		counts := make(map[string]int)
		for _, line := range l.all() {
			counts[line]++
		}
		for _, line := range []string{"acme:a", "acme:a.b", "acme:a.b.c", "acme:a.grows", "acme:a.grows.grown"} {
			if got := counts[line]; got < 100 || got > 110 { // those of the node that died come again
				t.Errorf("%s: %d", line, got)
			}
		}
		if counts := q.counts(); len(counts) != 0 || len(l.all()) > 510 {
			t.Errorf("%v are left", counts)
		}
		q.enqueueAs(ctx, step.New("fails", jobs.ID("first"), jobs.Then(step.New("d", jobs.ID("second")))))
		q.after(time.Minute)
		d := q.kept("first")
		if d.State != jobs.Dead || !slices.Equal(d.Next, []jobs.Link{{Queue: "work", Kind: "step", ID: "second"}}) || q.kept("second").ID != "" {
			t.Errorf("%+v", d)
		}
		broken = false
		r := q.runner(node)
		if answers := r.Redrive(ctx, "first"); answers.Err() != nil {
			t.Error(answers.Err())
		}
		q.after(time.Second)
		if lines := l.all(); lines[len(lines)-1] != "acme:fails.d" || len(q.counts()) != 0 {
			t.Errorf("%v", lines[len(lines)-2:])
		}
	})
}

func step0(context.Context, *jobs.Attempt, string) (string, error) { return "", nil }

// TestChainRefused has links that cannot be: the job that they would come after cannot be enqueued.
func TestChainRefused(t *testing.T) {
	t.Parallel()
	step := jobs.Define("step", step0, jobs.Queue("work"))
	for text, job := range map[string]jobs.Job{
		"priority": step.New("", jobs.Then(step.New("", jobs.Priority(9)))),
		"196608":   step.New("", jobs.Then(step.New(strings.Repeat("x", 200_000)))),
		"600002":   step.New("", jobs.Then(step.New(strings.Repeat("x", 600_000)))),
	} {
		if err := job.Err(); !errors.Is(err, jobs.ErrJob) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
