package inspect

import (
	"strconv"
	"time"

	"github.com/millrace/millrace/jobs"
)

// QueuePrefix is that of the partition groups of queues.
const QueuePrefix = "jobs."

// JobStates are all that a job may have, in the order of its life.
func JobStates() []jobs.State {
	return []jobs.State{
		jobs.Pending, jobs.Scheduled, jobs.Waiting, jobs.Running, jobs.Retrying, jobs.Done, jobs.Dead, jobs.Cancelled,
	}
}

// Valueless takes away what a job works on, so that it is not held.
func Valueless(d *jobs.Description) { d.Input, d.Output = nil, nil }

// Due is when a job comes that waits for its time.
func Due(d jobs.Description) time.Time {
	if d.State != jobs.Scheduled && d.State != jobs.Retrying {
		return time.Time{}
	}
	return d.Due
}

// Progress is how far an attempt was in a few words.
func Progress(p jobs.Progress) string {
	if p == (jobs.Progress{}) {
		return ""
	}
	text := strconv.FormatInt(p.Done, 10)
	if p.Total > 0 {
		text += " of " + strconv.FormatInt(p.Total, 10)
	}
	if p.Note != "" {
		text += ", " + p.Note
	}
	return text
}
