package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/resilience"
)

var (
	// ErrDefinition is found in the error of a kind that is defined wrongly.
	ErrDefinition = errors.New("jobs: definition")
	// ErrJob is found in the error of a job that cannot be enqueued as it is.
	ErrJob = errors.New("jobs: job")
	// ErrNotFound is found in the error of what is asked of a job that does not exist, or is not kept any more.
	ErrNotFound = errors.New("jobs: no such job")
	// ErrState is found in the error of what cannot be done with a job in its state.
	ErrState = errors.New("jobs: the job's state does not allow it")
)

// Causes of the end of an attempt's context: see [context.Cause].
var (
	// ErrCancelled: somebody has cancelled the job.
	ErrCancelled = errors.New("jobs: the job is cancelled")
	// ErrTimeout: the attempt takes longer than its [Timeout]. It matches [context.DeadlineExceeded].
	ErrTimeout error = &deadlineError{"jobs: the attempt has taken longer than its time-out"}
	// ErrHeartbeat: the attempt has not told that it lives for longer than its [Heartbeat]. It matches [context.DeadlineExceeded].
	ErrHeartbeat error = &deadlineError{"jobs: the attempt has told nothing for longer than its heartbeat"}
	// ErrShutdown: the node stops, and the grace that it gives is over. The attempt does not count.
	ErrShutdown = errors.New("jobs: the node stops")
	// ErrMoved: the job's shard leaves this node, or may be another one's in a second, since the cluster was not heard.
	ErrMoved = errors.New("jobs: the job's shard has left this node")
)

type deadlineError struct{ text string }

func (e *deadlineError) Error() string        { return e.text }
func (e *deadlineError) Is(target error) bool { return target == context.DeadlineExceeded }

// Snooze is returned by a handler that wants to be called again after a while. The attempt does not count.
func Snooze(d time.Duration) error { return &snoozeError{max(d, 0)} }

type snoozeError struct{ after time.Duration }

func (e *snoozeError) Error() string { return fmt.Sprintf("jobs: snoozed for %s", e.after) }

// Discard is returned by a handler whose job is not to be tried again: it is dead, with err as the reason. So is one whose error is
// marked by [resilience.Permanent].
func Discard(err error) error {
	if err == nil {
		err = errors.New("jobs: discarded")
	}
	return resilience.Permanent(err)
}

// maxText bounds in bytes what is kept of errors' texts.
const maxText = 1000

func clip(text string) string {
	if len(text) > maxText {
		return text[:maxText] + "…"
	}
	return text
}
