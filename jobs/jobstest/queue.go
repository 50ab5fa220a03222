package jobstest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

// Queue is a queue under test. Its methods fail the test where they cannot do what they say, and belong to the test's own goroutine.
type Queue struct {
	t     testing.TB
	name  string
	world *partitionstest.World
	group *partitionstest.Group
	told  bus.Event[jobs.Told]
}

// Run calls f with a queue that a node runs, on virtual time: see [partitionstest.Run]. The options are those of [jobs.New], kinds of one queue
// among them.
func Run(t *testing.T, f func(*testing.T, *Queue), opts ...jobs.RunnerOption) {
	t.Helper()
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		q := In(t, w, opts...)
		q.group.Start()
		f(t, q)
	})
}

// mostShards are those of a queue under test, since each costs time.
const mostShards = 4

// In is a queue in a world that has others, machines or sagas too. Its topics are made, with 4 shards at most, and no node of it runs yet: see
// [Queue.Group].
func In(t testing.TB, w *partitionstest.World, opts ...jobs.RunnerOption) *Queue {
	t.Helper()
	q := &Queue{t: t, world: w}
	for _, opt := range opts {
		if kind, is := opt.(interface{ Queue() string }); is {
			q.name = kind.Queue()
			break
		}
	}
	opts = append(slices.Clip(opts), jobs.Tell())
	probe, err := jobs.New(w.Bus(), q.name, opts...)
	if err != nil {
		t.Fatalf("jobstest: %v", err)
	}
	q.told = probe.Told()
	for _, def := range probe.Contracts() {
		c := def.Contract()
		if err := w.Bus().Create(t.Context(), bus.TopicSpec{Name: c.Topic(), Partitions: min(max(c.Partitions(), 1), mostShards)}); err != nil {
			t.Fatalf("jobstest: create the topic %s: %v", c.Topic(), err)
		}
	}
	q.group = w.Group(func(b *bus.Bus) (*partitions.Group, error) {
		r, err := jobs.New(b, q.name, opts...)
		if err != nil {
			return nil, err
		}
		return r.Group(), nil
	})
	return q
}

// World is where the queue is, for what the queue has no verb for.
func (q *Queue) World() *partitionstest.World { return q.world }

// Group starts and crashes nodes of the queue.
func (q *Queue) Group() *partitionstest.Group { return q.group }

// Bus is the test's connection, for code that enqueues by itself.
func (q *Queue) Bus() *bus.Bus { return q.world.Bus() }

// Control is by what jobs are cancelled, redriven and so on, and the queue paused.
func (q *Queue) Control() *jobs.Control { return jobs.Outside(q.Bus(), q.name) }

// Enqueue enqueues jobs of the context's tenant.
func (q *Queue) Enqueue(ctx context.Context, all ...jobs.Job) {
	q.t.Helper()
	if err := jobs.Enqueue(ctx, q.Bus(), all...).Err(); err != nil {
		q.t.Fatalf("jobstest: %v", err)
	}
}

// Pass lets virtual time pass: d, and as much before and after it as the world takes to handle all that there is to handle, about a second. Handlers
// that take longer go on: let more time pass for them. An hour takes the machine some seconds.
func (q *Queue) Pass(d time.Duration) {
	q.t.Helper()
	q.world.Settle()
	q.world.Advance(d)
	q.world.Settle()
}

// Job is how a job of the context's tenant is, as it is committed, the zero Description where there never was one. Of a job that is done and whose
// kind does not retain it, state, attempts, reason and times are known, and no input and output.
func (q *Queue) Job(ctx context.Context, id string) jobs.Description {
	q.t.Helper()
	tenant := request.From(ctx).Tenant
	for _, job := range q.Jobs() { //nolint:contextcheck // it says whose job it is
		if job.ID == id && job.Tenant == tenant {
			return job
		}
	}
	return jobs.Description{}
}

// Jobs are all jobs that there are and were, as [Queue.Job] has them: first those that are kept, sorted by tenant, kind and when they were
// enqueued, and then the others in the order in which they have ended.
func (q *Queue) Jobs() []jobs.Description {
	q.t.Helper()
	in, err := jobs.Inspect(q.t.Context(), q.Bus(), q.name, func(*jobs.Description) bool { return true })
	if err != nil {
		q.t.Fatalf("jobstest: %v", err)
	}
	return append(in.Jobs, q.gone(in.Jobs)...)
}

// gone are jobs that have ended and are not kept, as the queue has told of them.
func (q *Queue) gone(kept []jobs.Description) []jobs.Description {
	q.t.Helper()
	type key struct {
		tenant request.Tenant
		id     string
	}
	last := make(map[key]jobs.Description)
	for told, err := range bus.Tail(q.t.Context(), q.Bus(), q.told, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			q.t.Fatalf("jobstest: what the queue has told: %v", err)
		}
		v := told.Value
		at := key{request.Tenant(told.Record.Tenant()), v.ID}
		d := last[at]
		if v.Was == "" {
			d = jobs.Description{ID: v.ID, Tenant: at.tenant, Kind: v.Kind, Enqueued: v.At}
		}
		if v.State == jobs.Running {
			d.Started = v.At
		}
		d.State, d.Calls, d.Attempts, d.Reason, d.Ended = v.State, v.Attempt, v.Attempts, v.Reason, v.At
		last[at] = d
	}
	for _, job := range kept {
		delete(last, key{job.Tenant, job.ID})
	}
	gone := make([]jobs.Description, 0, len(last))
	for _, d := range last {
		gone = append(gone, d)
	}
	slices.SortFunc(gone, func(a, b jobs.Description) int { return a.Ended.Compare(b.Ended) })
	return gone
}

// Records are what was enqueued for the queue, by anyone, in the order of each shard: see [Enqueued].
func (q *Queue) Records() []bus.Record {
	q.t.Helper()
	var all []bus.Record
	for record, err := range q.Bus().Read(q.t.Context(), bus.Topic(q.name+".jobs"), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			q.t.Fatalf("jobstest: %v", err)
		}
		all = append(all, record)
	}
	return all
}
