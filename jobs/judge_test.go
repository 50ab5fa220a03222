//go:build synctests

package jobs_test

import (
	"testing"

	"github.com/millrace/millrace/jobs"
)

// judge looks at what was done.
func (w *world) judge(t *testing.T, q *queue) { //nolint:thelper // the line is what matters
	in, err := jobs.Inspect(t.Context(), q.Bus(), "work", func(*jobs.Description) bool { return true })
	if err != nil || len(in.Jobs) != len(w.due) {
		t.Fatalf("%d jobs of %d, %v: %v", len(in.Jobs), len(w.due), in.Counts, err)
	}
	for _, job := range in.Jobs {
		key := "work//" + job.ID
		switch {
		case !job.State.Ended():
			t.Errorf("%s is %s: %+v, calls %+v", job.ID, job.State, job, w.calls[job.ID])
		case job.State == jobs.Done && w.effects[key] == 0:
			t.Errorf("%s is done without an effect", job.ID)
		case job.State == jobs.Dead && job.Attempts != attempts:
			t.Errorf("%s is dead after %d attempts: %s", job.ID, job.Attempts, job.Reason)
		}
		w.follow(t, job, w.calls[job.ID])
	}
	if in.Counts[jobs.Done] < 50 || in.Counts[jobs.Cancelled] == 0 {
		t.Errorf("%v", in.Counts)
	}
}

// follow looks at the calls of one job.
func (w *world) follow(t *testing.T, job jobs.Description, calls []*call) { //nolint:thelper // the line is what matters
	for i, c := range calls {
		if c.began.Before(w.due[job.ID]) {
			t.Errorf("%s began at %s and was due at %s", job.ID, c.began, w.due[job.ID])
		}
		if c.attempt > attempts {
			t.Errorf("%s has made attempt %d", job.ID, c.attempt)
		}
		if end, is := w.cancelled[job.ID]; is && (c.began.After(end) || !c.returned || c.left.After(end)) {
			t.Errorf("%s ran until %s (%t) after its cancellation was answered at %s: %+v", job.ID, c.left, c.returned, end, c)
		}
		if i == 0 {
			continue
		}
		if before := calls[i-1]; c.token < before.token || c.token == before.token && c.number <= before.number {
			t.Errorf("%s: %+v after %+v", job.ID, c, before)
		} else if c.began.Before(before.left) {
			t.Errorf("%s: %+v overlaps %+v", job.ID, c, before)
		}
	}
}
