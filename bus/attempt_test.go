//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// handledOnce publishes one event, lets handle have it, and returns what it returned.
func handledOnce(t *testing.T, limit time.Duration, handle func(context.Context)) {
	t.Helper()
	b, end := virtual(t)
	defer end()
	event := orderPlaced()
	if err := b.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), event.New(placed{ID: "1"})).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	err := b.Subscribe(ctx, "context", bus.On(event, func(ctx context.Context, _ placed) error {
		defer stop()
		handle(ctx)
		return resilience.Permanent(errors.New("seen"))
	}, bus.Timeout(limit)))
	if err != nil {
		t.Fatal(err)
	}
}

func TestHandlerTimeout(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(context.Context) <-chan struct{}{
		"itself": context.Context.Done,
		"a child": func(ctx context.Context) <-chan struct{} {
			child, cancel := context.WithCancel(ctx)
			t.Cleanup(cancel)
			return child.Done()
		},
		"a callback": func(ctx context.Context) <-chan struct{} {
			called := make(chan struct{})
			context.AfterFunc(ctx, func() { close(called) })
			return called
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				handledOnce(t, time.Minute, func(ctx context.Context) {
					began := time.Now()
					if until, ok := ctx.Deadline(); !ok || !until.Equal(began.Add(time.Minute)) || ctx.Err() != nil {
						t.Errorf("until %s, %t, %v", until, ok, ctx.Err())
					}
					<-wait(ctx)
					if took := time.Since(began); took != time.Minute {
						t.Errorf("it ended after %s", took)
					}
					if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
						t.Errorf("it ended with %v, %v", ctx.Err(), context.Cause(ctx))
					}
				})
			})
		})
	}
}

func TestHandlerContextEndsWithHandler(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var kept context.Context
		handledOnce(t, time.Minute, func(ctx context.Context) { kept = ctx }) //nolint:fatcontext // a handler that leaks its context
		<-kept.Done()
		if !errors.Is(kept.Err(), context.Canceled) {
			t.Errorf("a context that was first asked after its handler ended with %v", kept.Err())
		}
		if d, ok := bus.DeliveredFrom(kept); !ok || d.Record.Type() != orderPlaced().Contract().Name() || d.Attempt != 1 {
			t.Errorf("delivered %+v, %t", d, ok)
		}
	})
}
