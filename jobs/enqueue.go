package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/bus"
)

// Result is what became of the enqueuing of one job.
type Result struct {
	// ID is the job's.
	ID  string
	Err error
}

// Results are in the order of the jobs.
type Results []Result

// Err joins the errors of all results; nil means that all jobs are enqueued.
func (r Results) Err() error {
	var errs []error
	for _, result := range r {
		if result.Err != nil {
			errs = append(errs, result.Err)
		}
	}
	return errors.Join(errs...)
}

// Enqueue hands jobs to their queues: at once by a [bus.Bus]; with a database transaction by outbox.In; with a shard's transaction by a
// [partitions.Tx]. The process need not run the queue.
//
// An error of class indefinite says that a job may be enqueued. Enqueuing the same value again does nothing while the job is kept: until it has
// ended, then for as long as its kind says with [Retain] where it is done, and [RetainDead] where it is dead or cancelled. A job of a kind
// without Retain that is done by then is done again. So let kinds be retained for longer than it may take until the same is enqueued again.
func Enqueue(ctx context.Context, target bus.Publisher, jobs ...Job) Results {
	results, messages := make(Results, len(jobs)), make([]bus.Message, len(jobs))
	for i, job := range jobs {
		results[i].ID, messages[i] = job.id, job.message
	}
	published := target.Publish(ctx, messages...)
	for i, job := range jobs {
		switch {
		case job.err != nil:
			results[i].Err = job.err
		case i < len(published):
			results[i].Err = published[i].Err
		default:
			results[i].Err = fmt.Errorf("%w: the publisher has said nothing of it", ErrJob)
		}
	}
	return results
}
