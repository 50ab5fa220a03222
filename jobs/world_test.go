//go:build synctests

package jobs_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
)

func id(n int) string { return strconv.Itoa(n) }

// queue is the nodes of a queue under test.
type queue struct {
	*partitionstest.World

	t     *testing.T
	group *partitionstest.Group
	mu    sync.Mutex
	of    map[*partitions.Group]*jobs.Runner
	told  bus.Event[jobs.Told]
}

// run calls f with the nodes of a queue called "work", none of which runs yet.
func run(t *testing.T, opts []jobs.RunnerOption, f func(*testing.T, *queue)) {
	t.Helper()
	runWith(t, func() []jobs.RunnerOption { return opts }, f)
}

// runWith is run with options that each node asks for when it starts.
func runWith(t *testing.T, options func() []jobs.RunnerOption, f func(*testing.T, *queue)) {
	t.Helper()
	opts := options()
	probe, err := jobs.New(nil, "work", opts...)
	if probe == nil && err == nil {
		t.Fatal(err)
	}
	var defs []bus.Definition
	for _, opt := range opts {
		if def, is := opt.(bus.Definition); is {
			defs = append(defs, def)
		}
	}
	told := bus.Define("work.told", func(t jobs.Told) string { return t.ID }, bus.InTopic("work.told"), bus.Aggregate("work"))
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		q := &queue{World: w, t: t, of: make(map[*partitions.Group]*jobs.Runner), told: told}
		q.group = w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			r, err := jobs.New(b, "work", options()...)
			if err != nil {
				return nil, err
			}
			q.mu.Lock()
			defer q.mu.Unlock()
			q.of[r.Group()] = r
			return r.Group(), nil
		})
		f(t, q)
	}, append(defs, told)...)
}

func (q *queue) runner(node *partitionstest.Node) *jobs.Runner {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.of[node.Group()]
}

func (q *queue) enqueue(all ...jobs.Job) {
	q.t.Helper()
	q.enqueueAs(q.t.Context(), all...)
}

func (q *queue) enqueueAs(ctx context.Context, all ...jobs.Job) {
	q.t.Helper()
	if err := jobs.Enqueue(ctx, q.Bus(), all...).Err(); err != nil {
		q.t.Fatal(err)
	}
}

// after lets time pass, and what comes of it be done.
func (q *queue) after(d time.Duration) {
	q.t.Helper()
	q.Settle()
	q.Advance(d)
	q.Settle()
}

// counts are the jobs that are kept, by state.
func (q *queue) counts() map[jobs.State]int {
	q.t.Helper()
	in, err := jobs.Inspect(q.t.Context(), q.Bus(), "work", nil)
	if err != nil {
		q.t.Fatal(err)
	}
	return in.Counts
}

// kept is a job as it is committed.
func (q *queue) kept(id string) jobs.Description {
	q.t.Helper()
	in, err := jobs.Inspect(q.t.Context(), q.Bus(), "work", func(d *jobs.Description) bool { return d.ID == id })
	if err != nil || len(in.Jobs) > 1 {
		q.t.Fatal(in.Jobs, err)
	}
	if len(in.Jobs) == 0 {
		return jobs.Description{}
	}
	return in.Jobs[0]
}

// log notes what happens, in its order.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
}

func (l *log) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.lines...)
}
