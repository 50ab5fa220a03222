package jobs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bench/flows/tasks"
	"github.com/millrace/millrace/bench/topics"
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// engine is a node of a queue with its defaults, tables in memory.
type engine struct {
	name   string
	bus    *bus.Bus
	kind   *jobs.Kind[tasks.Job, jobs.None]
	runner *jobs.Runner
	stop   context.CancelFunc
	run    sync.WaitGroup
	failed error
}

func open(ctx context.Context, w tasks.Work) (tasks.Engine, error) {
	b, err := bus.Open(ctx, w.URL)
	if err != nil {
		return nil, err
	}
	e := &engine{name: w.Name, bus: b, kind: jobs.Define("bench", work, jobs.Queue(w.Name))}
	if e.runner, err = jobs.New(b, w.Name, e.kind); err == nil { //nolint:contextcheck // a handler's is the record's
		err = b.Verify(ctx, e.runner.Contracts()...)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return e, nil
}

func work(_ context.Context, _ *jobs.Attempt, j tasks.Job) (jobs.None, error) {
	tasks.Do(j)
	return jobs.None{}, nil
}

func (e *engine) Enqueue(ctx context.Context, all ...tasks.Job) error {
	batch := make([]jobs.Job, 0, len(all))
	for _, j := range all {
		batch = append(batch, e.kind.New(j))
	}
	return jobs.Enqueue(ctx, e.bus, batch...).Err()
}

func (e *engine) Work(ctx context.Context) error {
	ctx, e.stop = context.WithCancel(ctx)
	e.run.Go(func() { e.failed = e.runner.Run(ctx) })
	return nil
}

// Close ends the runner, and removes the queue's topics.
func (e *engine) Close() error {
	if e.stop != nil {
		e.stop()
	}
	e.run.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := e.bus.Client()
	if err == nil {
		admin := kadm.NewClient(client)
		err = errors.Join(topics.Remove(ctx, admin, e.name), topics.Remove(ctx, admin, "jobs."+e.name))
		client.Close()
	}
	return errors.Join(e.failed, err, e.bus.Close())
}
