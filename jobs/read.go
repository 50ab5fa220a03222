package jobs

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// Enqueued is a job as it was enqueued: see [Kind.Read].
type Enqueued[In any] struct {
	ID     string
	Tenant request.Tenant
	Input  In
	// Due is when it may begin, zero where that is at once.
	Due      time.Time
	Priority int
	// Unique is the key that it alone may have, empty where it has none: see [Unique].
	Unique   string
	Window   time.Duration
	Conflict Conflict
	// Batch is the queue and the id of the batch that it is a member of, with a slash between them.
	Batch string
	// Next are the jobs that are enqueued once it is done, and Given what the one before it has returned, as JSON.
	Next  []Link
	Given json.RawMessage
}

// Read reads a record of the topic "<queue>.jobs": for tests, see package jobstest, and for tools. It is false where that is no job of the kind,
// and an error says that it is one which cannot be read.
func (k *Kind[In, Out]) Read(record bus.Record) (e Enqueued[In], is bool, err error) {
	if k.err != nil {
		return e, false, k.err
	}
	if record.Topic != inputTopic(k.queue) || record.Type() != typePrefix+k.name {
		return e, false, nil
	}
	a, err := read(record, time.Now())
	if err != nil {
		return e, true, err
	}
	tenant, id := parseKey(a.key)
	e = Enqueued[In]{
		ID: id, Tenant: tenant, Due: at(a.due), Priority: int(a.priority), Unique: a.unique, Window: time.Duration(a.window),
		Batch: a.batch, Next: a.next(), Given: a.given,
	}
	if a.unique != "" {
		e.Conflict = a.conflict
	}
	if e.Input, err = k.in.Decode(a.args); err != nil {
		return e, true, fmt.Errorf("jobs: the input of the job %s: %w", id, err)
	}
	return e, true, nil
}
