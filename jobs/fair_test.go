//go:build synctests

package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// TestFloodingTenant lets one tenant enqueue thousands of jobs before others enqueue a few: these wait for one turn each, and not for
// the flood. A kind that is as busy as it may be holds up no other, and priorities have their shares.
func TestFloodingTenant(t *testing.T) {
	t.Parallel()
	var l log
	work := func(_ context.Context, a *jobs.Attempt, in string) (jobs.None, error) {
		<-time.After(100 * time.Millisecond)
		l.add(string(a.Tenant()) + in)
		return jobs.None{}, nil
	}
	kind := jobs.Define("work", work, jobs.Queue("work"), jobs.Shards(4))
	busy := jobs.Define("busy", work, jobs.Queue("work"), jobs.Shards(4), jobs.Concurrency(1))
	run(t, []jobs.RunnerOption{kind, busy, jobs.Workers(4)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		var flood, few []jobs.Job
		for range 2000 {
			flood = append(flood, kind.New("flood"), busy.New("busy"))
		}
		for range 5 {
			few = append(few, kind.New("few"))
		}
		as := func(tenant request.Tenant) context.Context {
			return request.With(t.Context(), request.Info{Tenant: tenant})
		}
		q.Settle()
		q.enqueueAs(as("big"), flood...)
		q.Advance(5 * time.Second)
		before := len(l.all())
		q.enqueueAs(as("small"), few...)
		for _, p := range []int{1, 4} {
			for range 100 {
				q.enqueueAs(as("third"), kind.New(string('0'+rune(p)), jobs.Priority(p)))
			}
		}
		q.Advance(2 * time.Second)
		lines := l.all()[before:]
		small := 0
		for i, line := range lines {
			if line == "smallfew" && i < 40 {
				small++
			}
		}
		if small != 5 {
			t.Errorf("of 5 jobs of a small tenant %d have had a turn among 40: %v", small, lines)
		}
		q.Advance(2 * time.Second)
		counts := make(map[string]int)
		for _, line := range l.all()[before:] {
			counts[line]++
		}
		if one, four := counts["third1"], counts["third4"]; one < 4*four || four == 0 || one+four < 50 {
			t.Errorf("%v", counts)
		}
		if counts["bigbusy"] < 10 || counts["bigflood"] < 30 {
			t.Errorf("%v", counts)
		}
		if again := strings.Count(strings.Join(l.all()[:before], " "), "busy"); again > 60 {
			t.Errorf("%d of a kind that may run one at a time in 5 seconds", again)
		}
	})
}
