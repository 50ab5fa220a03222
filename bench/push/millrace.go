package push

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/millrace/millrace/bench/flows/fanout"
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/push"
)

var channel = push.Define[string]("bench")

// engine is a hub with its defaults, but for pings, which the bench's clients do not answer.
type engine struct {
	http.Handler

	bus    *bus.Bus
	stop   context.CancelFunc
	run    sync.WaitGroup
	failed error
}

func open(ctx context.Context, w fanout.Work) (fanout.Engine, error) {
	b, err := bus.Open(ctx, w.Kafka)
	if err != nil {
		return nil, err
	}
	hub, err := push.New(b, push.KeepAlive(time.Hour))
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	e := &engine{Handler: hub.WebSocket(), bus: b}
	ctx, e.stop = context.WithCancel(ctx)
	e.run.Go(func() { e.failed = hub.Run(ctx) })
	select {
	case <-hub.Ready():
		return e, nil
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), e.Close())
	}
}

func (e *engine) Publish(ctx context.Context, payloads ...string) error {
	return channel.Publish(ctx, e.bus, "k", payloads...).Err()
}

func (*engine) Hello() string {
	return `{"jsonrpc":"2.0","id":1,"method":"push.subscribe","params":{"channel":"bench"}}`
}

func (e *engine) Close() error {
	e.stop()
	e.run.Wait()
	return errors.Join(e.failed, e.bus.Close())
}
