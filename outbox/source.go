package outbox

import (
	"context"

	"github.com/millrace/millrace/bus"
)

// source is where a relay's rows come from.
type source interface {
	// open begins a session after what the checkpoint says is published; a zero one is that of a first start.
	open(ctx context.Context, from checkpoint, by claim) (feed, error)
}

// claim is under what right a relay reads: the group, and the fencing token of its lease.
type claim struct {
	group string
	token int64
}

// feed is one session of a source.
type feed interface {
	// begins is the checkpoint from which the session goes on. One that is not the committed one is committed first.
	begins() (at checkpoint, anew bool)
	// run does what goes on beside next, until ctx ends.
	run(ctx context.Context) error
	// next waits for something to commit. It is called again when that was committed.
	next(ctx context.Context) (batch, error)
	// committed hears that a checkpoint was committed, with all that it counts.
	committed(ctx context.Context, at checkpoint) error
	close(ctx context.Context) error
}

// batch is a run of records in their order, or a checkpoint alone.
type batch struct {
	records []bus.Record
	// at is the checkpoint when the first n records are published.
	at func(n int) checkpoint
}

// end is the checkpoint when all of it is published.
func (b batch) end() checkpoint { return b.at(len(b.records)) }

// cut divides the batch before its nth record.
func (b batch) cut(n int) (first, rest batch) {
	return batch{records: b.records[:n], at: b.at},
		batch{records: b.records[n:], at: func(m int) checkpoint { return b.at(n + m) }}
}
