package soak_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// receipts says whether a chore has a receipt.
func receipts(number string) bool {
	n := 0
	_, err := fmt.Sscan(number, &n)
	return err == nil && n%receiptEvery == 0
}

// duties tells the oracle of chores what has come since the last time: what was enqueued first, and then what was told until before that
// was read.
func (r *reader) duties(ctx context.Context) error {
	var told []jobs.Told
	err := r.rest(ctx, choreTold, func(record bus.Record) error {
		t, err := r.chores.client.Told().Decode(record)
		told = append(told, t)
		return err
	})
	if err != nil {
		return err
	}
	o := r.choreOracle
	maps.Copy(o.asked, r.chores.asked)
	maps.Copy(o.ended, r.chores.cancelled)
	if err := r.rest(ctx, choreEvents, r.enqueued); err != nil {
		return err
	}
	for _, id := range r.chores.acked {
		if o.jobs[id] == nil {
			o.breaks("%s was acknowledged and is not there", id)
		}
	}
	r.chores.acked = nil
	for _, t := range told {
		o.told(t)
	}
	return nil
}

// enqueued reads a job. Other records of the topic are what shards tell each other.
func (r *reader) enqueued(record bus.Record) error {
	kind, is := strings.CutPrefix(record.Type(), "jobs.")
	if !is {
		return nil
	}
	var due time.Time
	switch kind {
	case beatKind:
		if err := json.Unmarshal(record.Value, &due); err != nil {
			return err
		}
		if record.Time.Before(due.Truncate(time.Millisecond)) {
			r.choreOracle.breaks("the tick of %s was enqueued at %s", due, record.Time)
		}
	case choreKind:
		var c chore
		if err := json.Unmarshal(record.Value, &c); err != nil {
			return err
		}
		due = c.Due
	}
	r.choreOracle.arrived(record.ID(), kind, due)
	return nil
}

// rows compares the queue's rows with what was told.
func (r *reader) rows(ctx context.Context) error {
	in, err := jobs.Inspect(ctx, r.bus, choreQueue, func(*jobs.Description) bool { return true })
	if err == nil {
		r.choreOracle.stored(in.Jobs)
	}
	return err
}
