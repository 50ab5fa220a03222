//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/resilience"
)

// TestDone enqueues more jobs than there are workers: each is done once, and nothing of it stays.
func TestDone(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("note", func(_ context.Context, a *jobs.Attempt, in int) (jobs.None, error) {
		l.add(fmt.Sprint(in, a.Attempt(), a.ID()))
		return jobs.None{}, nil
	}, jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{kind, jobs.Workers(5)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.group.Start()
		var all []jobs.Job
		for i := range 500 {
			all = append(all, kind.New(i, jobs.ID(id(i))))
		}
		q.enqueue(all...)
		q.enqueue(all[7])
		q.after(time.Second)
		lines := l.all()
		slices.Sort(lines)
		if len(lines) != 500 || len(slices.Compact(lines)) != 500 {
			t.Errorf("%d calls", len(lines))
		}
		if counts := q.counts(); len(counts) != 0 {
			t.Errorf("%v are left", counts)
		}
	})
}

// TestRetries fails, snoozes and panics: attempts come as the policy says, and in the end the job is dead with the reason, or done with its
// result.
func TestRetries(t *testing.T) {
	t.Parallel()
	var l log
	kind := jobs.Define("flaky", func(_ context.Context, a *jobs.Attempt, in string) (string, error) {
		l.add(fmt.Sprint(in, " ", a.Attempt(), "/", a.Number()))
		switch {
		case in == "snooze" && a.Number() < 4:
			return "", jobs.Snooze(time.Minute)
		case in == "panic":
			panic("oh")
		case in == "discard":
			return "", jobs.Discard(errors.New("no"))
		case in == "fails" || a.Attempt() < 3:
			return "", errors.New("not yet")
		}
		return in + "!", nil
	}, jobs.Queue("work"), jobs.Shards(4), jobs.Retain(time.Hour),
		jobs.Retry(resilience.RetryPolicy{Attempts: 3, Initial: 10 * time.Second, Max: time.Minute, Multiplier: 2}))
	run(t, []jobs.RunnerOption{kind, jobs.Tell(), jobs.Logger(slog.New(slog.DiscardHandler))}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		for _, in := range []string{"works", "fails", "snooze", "panic", "discard"} {
			q.enqueue(kind.New(in, jobs.ID(in)))
		}
		q.after(5 * time.Second)
		for _, in := range []string{"works", "fails", "panic"} {
			if d := q.kept(in); d.State != jobs.Retrying || d.Attempts != 1 || d.Due.Sub(d.Started) < 10*time.Second ||
				d.Due.Sub(d.Started) > 15*time.Second {
				t.Errorf("%+v", d)
			}
		}
		q.after(10 * time.Minute)
		for in, want := range map[string]jobs.State{
			"works": jobs.Done, "fails": jobs.Dead, "snooze": jobs.Done, "panic": jobs.Dead,
			"discard": jobs.Dead,
		} {
			d := q.kept(in)
			if d.State != want || d.State == jobs.Dead && d.Reason == "" || d.State == jobs.Done && string(d.Output) != `"`+in+`!"` {
				t.Errorf("%+v", d)
			}
		}
		if d := q.kept("discard"); d.Attempts != 1 || d.Reason != "no" {
			t.Errorf("%+v", d)
		}
		if d := q.kept("snooze"); d.Attempts != 3 || d.Calls != 6 {
			t.Errorf("%+v", d)
		}
		q.after(2 * time.Hour)
		if counts := q.counts(); counts[jobs.Done] != 0 || counts[jobs.Dead] != 3 {
			t.Errorf("%v", counts)
		}
	})
}
