package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/millrace/millrace/bench/flows/phase"
	"github.com/millrace/millrace/bench/flows/tasks"
)

const (
	workers = 2000 // with fewer the queue is polled too seldom to be kept full
	drain   = 10 * time.Second
)

type args struct{ tasks.Job }

func (args) Kind() string { return "bench" }

type worker struct {
	river.WorkerDefaults[args]
}

func (worker) Work(_ context.Context, job *river.Job[args]) error {
	tasks.Do(job.Args.Job)
	return nil
}

// engine has a schema of its own, with the library's defaults.
type engine struct {
	work   tasks.Work
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
}

func open(ctx context.Context, w tasks.Work) (tasks.Engine, error) {
	pool, err := pgxpool.New(ctx, w.URL)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	if _, err := pool.Exec(ctx, "create schema "+w.Name); err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: w.Name})
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	all := river.NewWorkers()
	river.AddWorker(all, worker{})
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema: w.Name, Workers: all, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	return &engine{w, pool, client}, err //nolint:wrapcheck // a bench
}

// Enqueue uses COPY, which is River's fastest way.
func (e *engine) Enqueue(ctx context.Context, all ...tasks.Job) error {
	if len(all) == 1 {
		_, err := e.client.Insert(ctx, args{all[0]}, nil)
		return err //nolint:wrapcheck // a bench
	}
	many := make([]river.InsertManyParams, 0, len(all))
	for _, j := range all {
		many = append(many, river.InsertManyParams{Args: args{j}})
	}
	_, err := e.client.InsertManyFast(ctx, many)
	return err //nolint:wrapcheck // a bench
}

func (e *engine) Work(ctx context.Context) error {
	return e.client.Start(context.WithoutCancel(ctx)) //nolint:wrapcheck // a bench
}

// Close ends the workers, and removes the schema.
func (e *engine) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	defer e.pool.Close()
	if err := e.client.Stop(ctx); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	_, err := e.pool.Exec(ctx, "drop schema "+e.work.Name+" cascade")
	return err //nolint:wrapcheck // a bench
}

func main() { phase.Main(open, tasks.Measure) }
