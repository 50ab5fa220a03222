//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// TestTold follows jobs that are done, tried again, dead and cancelled: each change of state is told once, in order, to the tenant's.
func TestTold(t *testing.T) {
	t.Parallel()
	kind := jobs.Define("told", func(_ context.Context, a *jobs.Attempt, in string) (string, error) {
		switch {
		case in == "dies" || in == "again" && a.Attempt() == 1:
			return "", errors.New("not yet")
		case in == "snoozes" && a.Number() == 1:
			return "", jobs.Snooze(time.Minute)
		}
		return "a secret", nil
	}, jobs.Queue("work"), jobs.Shards(2), jobs.Retry(resilience.RetryPolicy{Attempts: 2, Initial: time.Minute, Max: time.Minute, Multiplier: 1}))
	run(t, []jobs.RunnerOption{kind, jobs.Tell()}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.after(10 * time.Second) // it has the lease of its shards
		ctx := request.With(t.Context(), request.Info{Tenant: "acme"})
		for _, in := range []string{"works", "again", "dies", "snoozes"} {
			q.enqueueAs(ctx, kind.New(in, jobs.ID(in)))
		}
		q.enqueueAs(ctx, kind.New("", jobs.ID("later"), jobs.After(time.Hour)))
		q.after(10 * time.Second)
		if answers := q.runner(node).Cancel(ctx, "later"); answers.Err() != nil {
			t.Error(answers.Err())
		}
		q.group.Rebalance()
		q.after(10 * time.Minute)
		told := q.tellings()
		for id, want := range map[string][]jobs.State{
			"works":   {jobs.Running, jobs.Done},
			"again":   {jobs.Running, jobs.Retrying, jobs.Running, jobs.Done},
			"dies":    {jobs.Running, jobs.Retrying, jobs.Running, jobs.Dead},
			"snoozes": {jobs.Running, jobs.Scheduled, jobs.Running, jobs.Done},
			"later":   {jobs.Scheduled, jobs.Cancelled},
		} {
			var was jobs.State
			var states []jobs.State
			for _, told := range told[id] {
				v := told.Value
				states = append(states, v.State)
				if v.Was != was || v.Kind != "told" || told.Record.Tenant() != "acme" {
					t.Errorf("%s: %+v of %q after %s", id, v, told.Record.Tenant(), was)
				}
				if pending := v.State == jobs.Scheduled || v.State == jobs.Retrying; pending != v.Due.After(v.At) {
					t.Errorf("%s: %+v", id, v)
				}
				was = v.State
			}
			if !slices.Equal(states, want) {
				t.Errorf("%s: %v, not %v", id, states, want)
			}
		}
		if dies := told["dies"]; len(dies) > 0 && (dies[len(dies)-1].Value.Reason != "not yet" || dies[len(dies)-1].Value.Attempt != 2) {
			t.Errorf("%+v", dies[len(dies)-1].Value)
		}
	})
}

// tellings are what was told of each job.
func (q *queue) tellings() map[string][]bus.Received[jobs.Told] {
	q.t.Helper()
	all := make(map[string][]bus.Received[jobs.Told])
	for told, err := range bus.Tail(q.t.Context(), q.Bus(), q.told, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			q.t.Fatal(err)
		}
		all[told.Value.ID] = append(all[told.Value.ID], told)
	}
	return all
}
