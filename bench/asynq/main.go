package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/bench/flows/phase"
	"github.com/millrace/millrace/bench/flows/tasks"
)

const (
	kind    = "bench"
	workers = 64 // more are not faster: each job is two calls to Redis
)

// engine is a queue of its own, with the library's defaults but for the number of workers.
type engine struct {
	work   tasks.Work
	redis  asynq.RedisConnOpt
	client *asynq.Client
	server *asynq.Server
}

func open(ctx context.Context, w tasks.Work) (tasks.Engine, error) {
	at, err := asynq.ParseRedisURI(w.URL)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	if err := durable(ctx, at); err != nil {
		return nil, err
	}
	server := asynq.NewServer(at, asynq.Config{Concurrency: workers, Queues: map[string]int{w.Name: 1}, LogLevel: asynq.ErrorLevel})
	return &engine{w, at, asynq.NewClient(at), server}, nil
}

// durable lets Redis write what it knows to the disk each second, so that jobs outlive it.
func durable(ctx context.Context, at asynq.RedisConnOpt) error {
	client, ok := at.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return errors.New("asynq has another client of Redis")
	}
	err := client.ConfigSet(ctx, "appendonly", "yes").Err()
	return errors.Join(err, client.Close())
}

// Enqueue makes a call for each job: asynq has none for many.
func (e *engine) Enqueue(ctx context.Context, all ...tasks.Job) error {
	for _, j := range all {
		payload, err := json.Marshal(j)
		if err != nil {
			return err //nolint:wrapcheck // a bench
		}
		if _, err := e.client.EnqueueContext(ctx, asynq.NewTask(kind, payload), asynq.Queue(e.work.Name)); err != nil {
			return err //nolint:wrapcheck // a bench
		}
	}
	return nil
}

func (e *engine) Work(context.Context) error {
	return e.server.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error { //nolint:wrapcheck // a bench
		var j tasks.Job
		if err := json.Unmarshal(t.Payload(), &j); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		tasks.Do(j)
		return nil
	}))
}

// Close ends the workers, and removes the queue.
func (e *engine) Close() error {
	e.server.Shutdown()
	inspector := asynq.NewInspector(e.redis)
	return errors.Join(inspector.DeleteQueue(e.work.Name, true), inspector.Close(), e.client.Close())
}

func main() { phase.Main(open, tasks.Measure) }
