//go:build synctests

package jobstest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/jobs/jobstest"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

func TestRun(t *testing.T) {
	t.Parallel()
	often := jobs.Cron("mail.often", "*/10 * * * *", sendMail, func(at time.Time) mail { return mail{To: "often", Text: at.Format(time.TimeOnly)} })
	jobstest.Run(t, func(t *testing.T, q *jobstest.Queue) { //nolint:thelper // it is the test
		began := time.Now()
		acme := request.With(t.Context(), request.Info{Tenant: "acme"})
		q.Enqueue(t.Context(), sendMail.New(mail{To: "anna"}, jobs.ID("now")), sendMail.New(mail{To: "flaky"}, jobs.ID("flaky")),
			sendMail.New(mail{To: ""}, jobs.ID("nobody")), sendMail.New(mail{To: "busy"}, jobs.ID("busy")),
			sendMail.New(mail{To: "bert"}, jobs.ID("later"), jobs.After(15*time.Minute)))
		q.Enqueue(acme, sendMail.New(mail{To: "acme's"}, jobs.ID("now")))
		q.Pass(time.Minute)
		for id, want := range map[string]jobs.Description{
			"now":    {State: jobs.Done, Attempts: 1, Calls: 1},
			"flaky":  {State: jobs.Done, Attempts: 3, Calls: 3},
			"nobody": {State: jobs.Dead, Attempts: 1, Calls: 1, Reason: "there is nobody to send it to"},
			"busy":   {State: jobs.Scheduled, Attempts: 0, Calls: 2},
			"later":  {State: jobs.Scheduled},
			"never":  {},
		} {
			if d := q.Job(t.Context(), id); d.State != want.State || d.Attempts != want.Attempts || d.Calls != want.Calls ||
				!strings.Contains(d.Reason, want.Reason) {
				t.Errorf("%s: %+v", id, d)
			}
		}
		if d := q.Job(acme, "now"); d.State != jobs.Done || d.Tenant != "acme" || d.Ended.Sub(began) > time.Minute {
			t.Errorf("%+v", d)
		}
		if err := q.Control().Cancel(t.Context(), "busy").Err(); err != nil {
			t.Fatal(err)
		}
		q.Pass(15 * time.Minute)
		if d := q.Job(t.Context(), "later"); d.State != jobs.Done || d.Started.Sub(began) < 15*time.Minute {
			t.Errorf("%+v", d)
		}
		if d := q.Job(t.Context(), "busy"); d.State != jobs.Cancelled {
			t.Errorf("%+v", d)
		}
		var states []string
		for _, job := range q.Jobs() {
			states = append(states, string(job.State))
		}
		if slices.Sort(states); fmt.Sprint(states) != "[cancelled dead done done done done done]" {
			t.Errorf("%v", states)
		}
		mails := jobstest.Enqueued(t, q, sendMail)
		if ticks := slices.DeleteFunc(mails, func(m jobs.Enqueued[mail]) bool { return m.Input.To != "often" }); len(ticks) != 1 {
			t.Errorf("%+v", ticks)
		}
	}, sendMail, often, jobs.Workers(2))
}

// TestIn has two queues of which one enqueues for the other, and whose nodes crash.
func TestIn(t *testing.T) {
	t.Parallel()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		begun := 0
		slow := jobs.Define("slow", func(ctx context.Context, a *jobs.Attempt, n int) (string, error) {
			begun++
			select {
			case <-time.After(time.Minute):
				return "slow ", a.Then(sum.New(n, jobs.ID("then")))
			case <-ctx.Done():
				return "", context.Cause(ctx)
			}
		}, jobs.Queue("slow"), jobs.Shards(2))
		first, second := jobstest.In(t, w, slow), jobstest.In(t, w, sum)
		node := first.Group().Start()
		second.Group().Start()
		first.Enqueue(t.Context(), slow.New(5, jobs.ID("slow")))
		first.Pass(10 * time.Second)
		if d := first.Job(t.Context(), "slow"); d.State != jobs.Running || begun != 1 {
			t.Errorf("%+v", d)
		}
		node.Crash()
		first.Group().Start()
		first.Pass(3 * time.Minute)
		if d := first.Job(t.Context(), "slow"); d.State != jobs.Done || d.Attempts != 2 || begun != 2 {
			t.Errorf("%+v, begun %d times", d, begun)
		}
		if d := second.Job(t.Context(), "then"); d.State != jobs.Done || string(d.Output) != `"slow 5 0"` {
			t.Errorf("%+v, %s", d, d.Output)
		}
		if second.World() != w {
			t.Error("the world is another one")
		}
	})
}
