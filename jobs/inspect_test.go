//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
)

// TestInspect reads jobs some of which are kept, as they are now and not as they once were, with as much of each as is asked for. All are counted.
func TestInspect(t *testing.T) {
	t.Parallel()
	kind := jobs.Define("large", func(_ context.Context, _ *jobs.Attempt, in string) (string, error) {
		if strings.HasPrefix(in, "dies") {
			return "", jobs.Discard(errors.New("no"))
		}
		return in, nil
	}, jobs.Queue("work"), jobs.Shards(2), jobs.Retain(time.Hour))
	run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.Settle()
		long := strings.Repeat("x", 50_000)
		q.enqueue(kind.New("dies"+long, jobs.ID("dies"), jobs.Then(kind.New(long, jobs.ID("next")))), kind.New("works"+long, jobs.ID("works")),
			kind.New("later"+long, jobs.ID("later"), jobs.After(time.Hour)))
		q.enqueue(jobs.Batch(kind.New("completes"+long, jobs.ID("batch")), kind.New(long, jobs.ID("member"), jobs.After(time.Hour)))...)
		q.after(time.Minute)
		inspect := func(keep func(*jobs.Description) bool) map[string]jobs.Description {
			t.Helper()
			in, err := jobs.Inspect(t.Context(), q.Bus(), "work", keep)
			counts := map[jobs.State]int{jobs.Dead: 1, jobs.Done: 1, jobs.Scheduled: 2, jobs.Pending: 1}
			if err != nil || !maps.Equal(in.Counts, counts) || len(in.Kinds) != 1 || !maps.Equal(in.Kinds["large"], counts) {
				t.Errorf("%v, %v, %v", in.Counts, in.Kinds, err)
			}
			all := make(map[string]jobs.Description)
			for _, d := range in.Jobs {
				all[d.ID] = d
			}
			return all
		}
		if none := inspect(nil); len(none) != 0 {
			t.Errorf("%d jobs are kept", len(none))
		}
		if ended := inspect(func(d *jobs.Description) bool { return d.State.Ended() }); len(ended) != 2 ||
			len(ended["dies"].Input) < 50_000 || len(ended["works"].Output) < 50_000 || len(ended["dies"].Next) != 1 {
			t.Errorf("%d jobs have ended", len(ended))
		}
		if running := inspect(func(d *jobs.Description) bool { return d.State == jobs.Running }); len(running) != 0 {
			t.Errorf("%d jobs run that did once", len(running))
		}
		all := inspect(func(d *jobs.Description) bool {
			d.Input, d.Output = nil, nil
			return true
		})
		for id, d := range all {
			if d.Input != nil || d.Output != nil || (id == "batch") != (d.Members.Open == 1) || (id == "dies") != (len(d.Next) == 1) {
				t.Errorf("%+v", d)
			}
		}
		if gathers := inspect(func(d *jobs.Description) bool { return d.Members.Open == 1 }); len(all) != 5 || len(gathers["batch"].Input) < 50_000 {
			t.Errorf("%d of %d jobs gather members", len(gathers), len(all))
		}
	})
}
