//go:build synctests

package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// TestSkewedClocks has three nodes whose clocks are twenty seconds apart each, while shards move and nodes die: scheduled jobs, retries and
// ticks come once, and none before its time by the clock of the node that does it.
func TestSkewedClocks(t *testing.T) {
	t.Parallel()
	var l log
	nodes := 0
	retry := jobs.Retry(resilience.RetryPolicy{Attempts: 9, Initial: 30 * time.Second, Max: 30 * time.Second, Multiplier: 1})
	options := func() []jobs.RunnerOption {
		skew := time.Duration(nodes%3-1) * 20 * time.Second
		nodes++
		now := func() time.Time { return time.Now().Add(skew) }
		scheduled := jobs.Define("scheduled", func(_ context.Context, a *jobs.Attempt, due time.Time) (jobs.None, error) {
			if now().Before(due) {
				t.Errorf("%s begins at %s by its node's clock, before %s", a.ID(), now(), due)
			}
			l.add("scheduled " + a.ID())
			return jobs.None{}, nil
		}, jobs.Queue("work"), jobs.Shards(4), retry)
		failing := jobs.Define("failing", func(_ context.Context, a *jobs.Attempt, _ int) (jobs.None, error) {
			if a.Attempt() == 1 {
				return jobs.None{}, fmt.Errorf("not yet")
			}
			l.add("failing " + a.ID())
			return jobs.None{}, nil
		}, jobs.Queue("work"), jobs.Shards(4), retry)
		ticking := jobs.Define("ticking", func(_ context.Context, _ *jobs.Attempt, tick time.Time) (jobs.None, error) {
			l.add("ticking " + tick.UTC().Format(time.TimeOnly))
			return jobs.None{}, nil
		}, jobs.Queue("work"), jobs.Shards(4), retry)
		return []jobs.RunnerOption{
			scheduled, failing, ticking, jobs.On(partitions.WallClock(now)),
			jobs.Cron("often", "* * * * *", ticking, func(at time.Time) time.Time { return at }, jobs.Missed(jobs.AllMissed)),
		}
	}
	runWith(t, options, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		for range 3 {
			q.group.Start()
		}
		q.Settle()
		began := time.Now()
		kinds := options()
		scheduled, failing := kinds[0].(*jobs.Kind[time.Time, jobs.None]), kinds[1].(*jobs.Kind[int, jobs.None])
		for i := range 60 {
			due := time.Now().Add(time.Duration(i) * 3 * time.Second)
			q.enqueue(scheduled.New(due, jobs.At(due), jobs.ID("s"+id(i))), failing.New(i, jobs.ID("f"+id(i))))
		}
		q.after(40 * time.Second)
		q.group.Owner("s1").Crash()
		q.after(40 * time.Second)
		q.group.Start()
		q.group.Rebalance()
		q.after(40 * time.Second)
		q.group.Owner("often").Crash()
		q.after(5 * time.Minute)
		lines := l.all()
		slices.Sort(lines)
		for i := range 60 {
			for _, line := range []string{"scheduled s" + id(i), "failing f" + id(i)} {
				if _, found := slices.BinarySearch(lines, line); !found {
					t.Errorf("there is no %q", line)
				}
			}
		}
		var ticks []string
		for _, line := range lines {
			if tick, is := strings.CutPrefix(line, "ticking "); is {
				ticks = append(ticks, tick)
			}
		}
		if all := len(ticks); all != len(slices.Compact(slices.Clone(ticks))) {
			t.Errorf("ticks %q", ticks)
		}
		first := began.Add(2 * time.Minute).Truncate(time.Minute)
		for at := first; at.Before(began.Add(6 * time.Minute)); at = at.Add(time.Minute) {
			if !slices.Contains(ticks, at.UTC().Format(time.TimeOnly)) {
				t.Errorf("there is no tick at %s: %q", at, ticks)
			}
		}
		if counts := q.counts(); len(counts) != 0 {
			t.Errorf("%v are left", counts)
		}
	})
}
