package jobstest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// Recorder is a [bus.Publisher] that keeps what it is given. Its zero value is ready; it is safe for concurrent use.
type Recorder struct {
	mu      sync.Mutex
	records []bus.Record
}

// Publish keeps all messages, or none where one of them would be refused.
func (r *Recorder) Publish(ctx context.Context, msgs ...bus.Message) bus.Results {
	results := make(bus.Results, 0, len(msgs))
	var all []bus.Record
	var refused error
	for _, m := range msgs {
		records, err := bus.Encode(ctx, m)
		if err != nil {
			refused = err
			results = append(results, bus.Result{ID: m.ID(), Partition: -1, Offset: -1, Err: err})
			continue
		}
		for _, record := range records {
			results = append(results, bus.Result{ID: record.ID(), Topic: record.Topic, Partition: -1, Offset: -1})
		}
		all = append(all, records...)
	}
	if refused != nil {
		for i := range results {
			if results[i].Err == nil {
				results[i].Err = fmt.Errorf("jobstest: nothing was kept: %w", refused)
			}
		}
		return results
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, all...)
	return results
}

// Records are what was published, in its order.
func (r *Recorder) Records() []bus.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.records)
}

// Reset forgets what was published.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = nil
}

// Source has records: a [Recorder], a [Queue], or [Records].
type Source interface{ Records() []bus.Record }

// Records are a [Source], such as the Then of what [Work] returns.
type Records []bus.Record

// Records are the records themselves.
func (r Records) Records() []bus.Record { return r }

// Enqueued are the jobs of a kind that were published, in their order. Records of other kinds, and what is no job, are passed over. A job that
// its queue could not read fails the test.
func Enqueued[In, Out any](t testing.TB, from Source, kind *jobs.Kind[In, Out]) []jobs.Enqueued[In] {
	t.Helper()
	var all []jobs.Enqueued[In]
	for _, record := range from.Records() {
		job, is, err := kind.Read(record)
		switch {
		case err != nil:
			t.Fatalf("jobstest: a job of the kind %s cannot be read: %v", kind.Name(), err)
		case is:
			all = append(all, job)
		}
	}
	return all
}
