//go:build synctests

package jobstest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/jobs/jobstest"
)

// Reminder is what a job of the application is given.
type Reminder struct {
	Customer string `json:"customer"`
	Cart     string `json:"cart"`
}

// Remind reminds a customer of a cart that was left.
var Remind = jobs.Define("cart.remind", func(_ context.Context, a *jobs.Attempt, r Reminder) (jobs.None, error) {
	if r.Customer == "" {
		return jobs.None{}, jobs.Discard(errors.New("it is nobody's cart"))
	}
	a.Progress(jobs.Progress{Note: "sent under " + a.Key()})
	return jobs.None{}, nil
}, jobs.Queue("carts"))

// leave is code of the application that enqueues.
func leave(ctx context.Context, to bus.Publisher, cart, customer string) error {
	return jobs.Enqueue(ctx, to, Remind.New(Reminder{customer, cart}, jobs.ID("remind-"+cart), jobs.After(20*time.Minute), jobs.Priority(3))).Err()
}

// TestLeave is a test as one would write it for what one's own code enqueues.
func TestLeave(t *testing.T) {
	t.Parallel()
	var published jobstest.Recorder
	if err := leave(t.Context(), &published, "c1", "anna"); err != nil {
		t.Fatal(err)
	}
	reminders := jobstest.Enqueued(t, &published, Remind)
	if len(reminders) != 1 || reminders[0].Input != (Reminder{"anna", "c1"}) || reminders[0].Priority != 3 {
		t.Errorf("%+v", reminders)
	}
}

// TestRemind is one for a handler of one's own.
func TestRemind(t *testing.T) {
	t.Parallel()
	if tried := jobstest.Work(t, Remind, Reminder{Customer: "anna"}); tried.State != jobs.Done || tried.Progress[0].Note != "sent under carts//test" {
		t.Errorf("%+v", tried)
	}
	if tried := jobstest.Work(t, Remind, Reminder{}); tried.State != jobs.Dead || tried.Reason != "it is nobody's cart" {
		t.Errorf("%+v", tried)
	}
}

// TestReminded is one for all of it, in a queue, 20 minutes later.
func TestReminded(t *testing.T) {
	t.Parallel()
	jobstest.Run(t, func(t *testing.T, q *jobstest.Queue) { //nolint:thelper // it is the test
		if err := leave(t.Context(), q.Bus(), "c1", "anna"); err != nil {
			t.Fatal(err)
		}
		q.Pass(15 * time.Minute)
		if job := q.Job(t.Context(), "remind-c1"); job.State != jobs.Scheduled {
			t.Errorf("%+v", job)
		}
		q.Pass(5 * time.Minute)
		if job := q.Job(t.Context(), "remind-c1"); job.State != jobs.Done || job.Attempts != 1 {
			t.Errorf("%+v", job)
		}
	}, Remind, jobs.Workers(2))
}
