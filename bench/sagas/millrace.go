package sagas

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/topics"
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	flow "github.com/millrace/millrace/sagas"
)

//nolint:gochecknoglobals // definitions are data
var (
	step = flow.NewStep("step", func(_ context.Context, in flows.State) (flows.State, error) { return flows.Step(in) }, nil)
	run  = flow.NewSignal[string]("go")
)

// steps calls so many steps after one another.
func steps(s *flow.Saga, state flows.State, count int) (flows.State, error) {
	for range count {
		made, err := flow.Do(s, step, state)
		if err != nil {
			return state, err
		}
		state = made
	}
	return state, nil
}

func three(s *flow.Saga, in flows.State) (flows.State, error) { return steps(s, in, flows.Steps) }

func waiting(s *flow.Saga, in flows.State) (flows.State, error) {
	state, err := steps(s, in, 1)
	if err != nil {
		return state, err
	}
	if _, err := flow.Await(s, run, time.Hour); err != nil {
		return state, err
	}
	return steps(s, state, flows.Steps-1)
}

type stateFlow = flow.Flow[flows.State, flows.State]

// engine is a node of a group with its defaults, tables in memory.
type engine struct {
	name           string
	bus            *bus.Bus
	group          *partitions.Group
	three, waiting *stateFlow
	stop           context.CancelFunc
	ended          chan error
}

func open(ctx context.Context, w flows.Work) (flows.Engine, error) {
	b, err := bus.Open(ctx, w.URL)
	if err != nil {
		return nil, err
	}
	e := &engine{
		name: w.Name, bus: b, ended: make(chan error, 1),
		three: flow.Define(w.Name+"-three", three), waiting: flow.Define(w.Name+"-waiting", waiting),
	}
	err = b.Verify(ctx, append(e.three.Contracts(), e.waiting.Contracts()...)...)
	if err == nil {
		e.group, err = partitions.New(b, w.Name, e.three.Part(), e.waiting.Part())
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	ctx, e.stop = context.WithCancel(ctx)
	go func() { e.ended <- e.group.Run(ctx) }()
	return e, e.ready(ctx)
}

// ready waits until the group runs.
func (e *engine) ready(ctx context.Context) error {
	for {
		_, err := e.three.Handle(e.group, "none").Describe(ctx)
		if errors.Is(err, flow.ErrNotFound) {
			return nil
		}
		if !errors.Is(err, partitions.ErrNotRunning) {
			return errors.Join(fmt.Errorf("the group does not come up: %w", err), e.Close()) //nolint:contextcheck // it outlives it
		}
		select {
		case <-time.After(10 * time.Millisecond): //nolint:mnd // soon
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *engine) Run(ctx context.Context, id string) (flows.State, error) {
	if err := e.three.Start(ctx, e.bus, id, flows.State{ID: id}).Err(); err != nil {
		return flows.State{}, err
	}
	return e.three.Handle(e.group, id).Result(ctx)
}

func (e *engine) Park(ctx context.Context, id string) error {
	return e.waiting.Start(ctx, e.bus, id, flows.State{ID: id}).Err()
}

func (e *engine) Wake(ctx context.Context, id string) (flows.State, error) {
	if err := run.Send(ctx, e.bus, e.waiting, id, "go").Err(); err != nil {
		return flows.State{}, err
	}
	return e.waiting.Handle(e.group, id).Result(ctx)
}

// Close ends the group, and removes its topics.
func (e *engine) Close() error {
	e.stop()
	err := <-e.ended
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, failed := e.bus.Client()
	if failed == nil {
		failed = topics.Remove(ctx, kadm.NewClient(client), e.name)
		client.Close()
	}
	return errors.Join(err, failed, e.bus.Close())
}
