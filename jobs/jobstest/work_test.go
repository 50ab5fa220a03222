package jobstest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/jobs/jobstest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

type mail struct {
	To   string `json:"to"`
	Text string `json:"text,omitempty"`
}

// patience tries four times, a second and then twice as long apart.
func patience() jobs.Option {
	return jobs.Retry(resilience.RetryPolicy{Attempts: 4, Initial: time.Second, Max: time.Minute, Multiplier: 2})
}

var (
	sendMail = jobs.Define("mail.send", func(_ context.Context, a *jobs.Attempt, m mail) (string, error) {
		a.Progress(jobs.Progress{Done: 1, Total: 2, Note: "connected"})
		switch m.To {
		case "":
			return "", jobs.Discard(errors.New("there is nobody to send it to"))
		case "busy":
			return "", jobs.Snooze(time.Minute)
		case "flaky":
			if a.Attempt() < 3 {
				return "", errors.New("no answer")
			}
		}
		a.Heartbeat()
		a.Progress(jobs.Progress{Done: 2, Total: 2})
		if m.Text == "count" {
			if err := a.Then(sum.New(len(m.To), jobs.ID("sum"), jobs.After(time.Minute))); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%s to %s of %q, attempt %d", a.ID(), m.To, a.Tenant(), a.Attempt()), nil
	}, jobs.Queue("mail"), jobs.Shards(2), patience())
	sum = jobs.Define("sum", func(_ context.Context, a *jobs.Attempt, n int) (string, error) {
		given, err := jobs.Given[string](a)
		return fmt.Sprint(given, n, a.Previous().Done), err
	}, jobs.Queue("sums"), jobs.Shards(2), jobs.Retain(time.Hour))
)

func TestWork(t *testing.T) {
	t.Parallel()
	done := jobstest.Work(t, sendMail, mail{"anna", "count"}, jobstest.Tenant("acme"), jobstest.ID("one"))
	if done.State != jobs.Done || done.Output != `one to anna of "acme", attempt 1` || done.Err != nil || !done.Counts || done.Heartbeats != 3 ||
		!slices.Equal(done.Progress, []jobs.Progress{{Done: 1, Total: 2, Note: "connected"}, {Done: 2, Total: 2}}) {
		t.Errorf("%+v", done)
	}
	next := jobstest.Enqueued(t, jobstest.Records(done.Then), sum)
	if len(next) != 1 || next[0].Input != 4 || next[0].Tenant != "acme" || time.Until(next[0].Due) < 50*time.Second || string(next[0].Given) == "" {
		t.Errorf("%+v", next)
	}
	if tried := jobstest.Work(t, sum, 7, jobstest.Given("so "), jobstest.Previous(jobs.Progress{Done: 3})); tried.Output != "so 7 3" {
		t.Errorf("%+v", tried)
	}
	for name, c := range map[string]struct {
		to      string
		attempt int
		want    jobs.Tried[string]
	}{
		"discarded": {"", 1, jobs.Tried[string]{State: jobs.Dead, Reason: "there is nobody to send it to", Counts: true}},
		"snoozed":   {"busy", 1, jobs.Tried[string]{State: jobs.Scheduled, Again: time.Minute}},
		"first":     {"flaky", 1, jobs.Tried[string]{State: jobs.Retrying, Reason: "no answer", Again: time.Second, Counts: true}},
		"second":    {"flaky", 2, jobs.Tried[string]{State: jobs.Retrying, Reason: "no answer", Again: 2 * time.Second, Counts: true}},
		"third":     {"flaky", 3, jobs.Tried[string]{State: jobs.Done, Output: `test to flaky of "", attempt 3`, Counts: true}},
	} {
		got := jobstest.Work(t, sendMail, mail{To: c.to}, jobstest.Attempt(c.attempt))
		if (got.Err == nil) != (got.State == jobs.Done) {
			t.Errorf("%s: %+v", name, got)
		}
		if w := c.want; got.State != w.State || got.Reason != w.Reason || got.Again != w.Again || got.Counts != w.Counts ||
			got.Output != w.Output || got.Then != nil {
			t.Errorf("%s: %+v, want %+v", name, got, w)
		}
	}
	last := jobs.Define("last", func(_ context.Context, a *jobs.Attempt, _ int) (jobs.None, error) {
		if _, err := time.ParseDuration("x"); a.Last() {
			return jobs.None{}, err
		}
		return jobs.None{}, a.Then(sum.New(1))
	}, patience())
	if tried := jobstest.Work(t, last, 1, jobstest.Attempt(4)); tried.State != jobs.Dead {
		t.Errorf("%+v", tried)
	}
	if tried := jobstest.Work(t, last, 1); tried.State != jobs.Done || len(tried.Then) != 1 {
		t.Errorf("%+v", tried)
	}
}

func TestWorkEnds(t *testing.T) {
	t.Parallel()
	returned := 0
	kind := jobs.Define("ends", func(ctx context.Context, a *jobs.Attempt, how string) (string, error) {
		switch how {
		case "beats":
			for range 100 {
				<-time.After(time.Second)
				a.Heartbeat()
			}
		case "panics":
			panic("oh")
		case "goes on":
			<-time.After(time.Hour)
		}
		<-ctx.Done()
		returned++
		return how, context.Cause(ctx)
	}, jobs.Timeout(time.Minute), jobs.Heartbeat(10*time.Second), patience())
	for how, c := range map[string]struct {
		opts []jobstest.Option
		want jobs.Tried[string]
		says string
		took time.Duration
	}{
		"waits":   {want: jobs.Tried[string]{State: jobs.Retrying, Counts: true}, says: jobs.ErrHeartbeat.Error(), took: 10 * time.Second},
		"beats":   {want: jobs.Tried[string]{State: jobs.Retrying, Counts: true, Late: true}, says: jobs.ErrTimeout.Error(), took: 100 * time.Second},
		"goes on": {want: jobs.Tried[string]{State: jobs.Retrying, Counts: true, Late: true}, says: jobs.ErrHeartbeat.Error(), took: time.Hour},
		"panics":  {want: jobs.Tried[string]{State: jobs.Retrying, Counts: true}, says: "the handler panicked: oh"},
		"cancelled": {
			opts: []jobstest.Option{jobstest.Ends(time.Second, jobs.ErrCancelled)},
			want: jobs.Tried[string]{State: jobs.Cancelled, Counts: true}, says: "it was cancelled", took: time.Second,
		},
		"shut down": {
			opts: []jobstest.Option{jobstest.Ends(2*time.Second, jobs.ErrShutdown), jobstest.Attempt(4)},
			want: jobs.Tried[string]{State: jobs.Waiting}, took: 2 * time.Second,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			got := jobstest.Work(t, kind, how, c.opts...)
			if took := time.Since(began); took != c.took || got.State != c.want.State || got.Counts != c.want.Counts || got.Late != c.want.Late ||
				!strings.Contains(got.Reason, c.says) || got.Output != "" || got.Err == nil {
				t.Errorf("%s: %+v after %s", how, got, took)
			}
		})
	}
	if returned != 5 {
		t.Errorf("%d have returned", returned)
	}
}

// TestWorkContext calls the handler as the request's tenant, whose context it has.
func TestWorkContext(t *testing.T) {
	t.Parallel()
	kind := jobs.Define("context", func(ctx context.Context, a *jobs.Attempt, _ int) (string, error) {
		_, timed := ctx.Deadline()
		return fmt.Sprint(request.From(ctx).Tenant, a.Key(), a.Number(), a.Token() > 0, timed, time.Since(a.Enqueued()) < time.Minute), nil
	}, jobs.Queue("work"))
	if tried := jobstest.Work(t, kind, 1, jobstest.Tenant("acme"), jobstest.Attempt(2)); tried.Output != "acmework/acme/test2 true true true" {
		t.Errorf("%+v", tried)
	}
}
