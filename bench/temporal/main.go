package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/temporal"
	"go.temporal.io/server/temporaltest"

	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/flows/phase"
)

const (
	queue  = "bench"
	signal = "go"
	limit  = time.Minute // of a step
	// pollRate is how often a second the one shard that there is looks for work: the default of 20 is meant for each of
	// hundreds, and would make each step take 100 ms.
	pollRate = 10_000
)

func step(_ context.Context, in flows.State) (flows.State, error) { return flows.Step(in) }

// steps calls so many steps after one another.
func steps(ctx workflow.Context, s flows.State, count int) (flows.State, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: limit})
	for range count {
		var made flows.State
		if err := workflow.ExecuteActivity(ctx, step, s).Get(ctx, &made); err != nil {
			return s, fmt.Errorf("%q: %w", s.ID, err)
		}
		s = made
	}
	return s, nil
}

func three(ctx workflow.Context, in flows.State) (flows.State, error) {
	return steps(ctx, in, flows.Steps)
}

func waiting(ctx workflow.Context, in flows.State) (flows.State, error) {
	s, err := steps(ctx, in, 1)
	if err != nil {
		return s, err
	}
	workflow.GetSignalChannel(ctx, signal).Receive(ctx, nil)
	return steps(ctx, s, flows.Steps-1)
}

// engine has the defaults of the test server, of its client and of the worker.
type engine struct {
	server *temporaltest.TestServer
	client client.Client
}

func open(context.Context, flows.Work) (flows.Engine, error) {
	server := temporaltest.NewServer(
		temporaltest.WithBaseClientOptions(client.Options{Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler))}),
		temporaltest.WithBaseServerOptions(temporal.WithDynamicConfigClient(dynamicconfig.StaticClient{
			dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
			dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
			dynamicconfig.TransferProcessorMaxPollRPS.Key():         pollRate,
		})),
	)
	server.NewWorker(queue, func(r worker.Registry) {
		r.RegisterWorkflow(three)
		r.RegisterWorkflow(waiting)
		r.RegisterActivity(step)
	})
	return &engine{server: server, client: server.GetDefaultClient()}, nil
}

func (e *engine) Run(ctx context.Context, id string) (flows.State, error) {
	run, err := e.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, three, flows.State{ID: id})
	if err != nil {
		return flows.State{}, err //nolint:wrapcheck // a bench
	}
	return result(ctx, run)
}

func (e *engine) Park(ctx context.Context, id string) error {
	_, err := e.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, waiting, flows.State{ID: id})
	return err //nolint:wrapcheck // a bench
}

func (e *engine) Wake(ctx context.Context, id string) (flows.State, error) {
	if err := e.client.SignalWorkflow(ctx, id, "", signal, nil); err != nil {
		return flows.State{}, err //nolint:wrapcheck // a bench
	}
	return result(ctx, e.client.GetWorkflow(ctx, id, ""))
}

func result(ctx context.Context, run client.WorkflowRun) (s flows.State, err error) {
	return s, run.Get(ctx, &s) //nolint:wrapcheck // a bench
}

func (e *engine) Close() error {
	e.server.Stop()
	return nil
}

func main() { phase.Main(open, flows.Measure) }
