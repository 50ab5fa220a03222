package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/flows/phase"
)

const (
	patience = time.Hour // of a flow that waits
	topic    = "go"
	poll     = 2 * time.Millisecond // whether a flow that was woken has ended: the default is a second
	drain    = 2 * time.Second
)

// steps calls so many steps after one another.
func steps(ctx dbos.Context, s flows.State, count int) (flows.State, error) {
	for range count {
		made, err := dbos.RunAsStep(ctx, func(context.Context) (flows.State, error) { return flows.Step(s) })
		if err != nil {
			return s, fmt.Errorf("%q: %w", s.ID, err)
		}
		s = made
	}
	return s, nil
}

func three(ctx dbos.Context, in flows.State) (flows.State, error) { return steps(ctx, in, flows.Steps) }

func waiting(ctx dbos.Context, in flows.State) (flows.State, error) {
	s, err := steps(ctx, in, 1)
	if err != nil {
		return s, err
	}
	if _, err := dbos.Recv[string](ctx, topic, patience); err != nil {
		return s, fmt.Errorf("%q: %w", in.ID, err)
	}
	return steps(ctx, s, flows.Steps-1)
}

// engine has a schema of its own, with the library's defaults.
type engine struct {
	ctx  dbos.Context
	work flows.Work
}

func open(ctx context.Context, w flows.Work) (flows.Engine, error) {
	c, err := dbos.NewContext(ctx, dbos.Config{
		DatabaseURL: w.URL, AppName: "bench", DatabaseSchema: w.Name,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	dbos.RegisterWorkflow(c, three)
	dbos.RegisterWorkflow(c, waiting)
	return &engine{ctx: c, work: w}, dbos.Launch(c) //nolint:wrapcheck // a bench
}

func (e *engine) Run(_ context.Context, id string) (flows.State, error) {
	h, err := dbos.RunWorkflow(e.ctx, three, flows.State{ID: id}, dbos.WithWorkflowID(id))
	if err != nil {
		return flows.State{}, err //nolint:wrapcheck // a bench
	}
	return h.GetResult() //nolint:wrapcheck // a bench
}

func (e *engine) Park(_ context.Context, id string) error {
	_, err := dbos.RunWorkflow(e.ctx, waiting, flows.State{ID: id}, dbos.WithWorkflowID(id))
	return err //nolint:wrapcheck // a bench
}

func (e *engine) Wake(_ context.Context, id string) (flows.State, error) {
	h, err := dbos.RetrieveWorkflow[flows.State](e.ctx, id)
	if err != nil {
		return flows.State{}, err
	}
	if err := dbos.Send(e.ctx, id, "go", topic); err != nil {
		return flows.State{}, err //nolint:wrapcheck // a bench
	}
	return h.GetResult(dbos.WithHandlePollingInterval(poll)) //nolint:wrapcheck // a bench
}

// Close ends what waits, and removes the schema.
func (e *engine) Close() error {
	_ = dbos.Shutdown(e.ctx, drain) // flows that wait are left
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, e.work.URL)
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "drop schema if exists "+pgx.Identifier{e.work.Name}.Sanitize()+" cascade")
	return err //nolint:wrapcheck // a bench
}

func main() { phase.Main(open, flows.Measure) }
