package main

import (
	"context"
	"sync/atomic"

	"github.com/millrace/millrace/bus"
)

func millrace(b *bus.Bus) side {
	return side{
		name: "millrace", share: 1,
		publish: func(ctx context.Context, topic string, n int) error {
			e := event(topic)
			msgs := make([]bus.Message, 0, batchSize)
			for i := range n {
				if msgs = append(msgs, e.New(newPayload(i))); len(msgs) == batchSize || i == n-1 {
					if err := b.Publish(ctx, msgs...).Err(); err != nil {
						return err //nolint:wrapcheck // a bench
					}
					msgs = msgs[:0]
				}
			}
			return nil
		},
		consume: func(ctx context.Context, topic, group string, n int) error {
			ctx, stop := context.WithCancel(ctx)
			defer stop()
			var handled atomic.Int64
			return b.Subscribe(ctx, group, bus.On(event(topic), func(context.Context, payload) error {
				if handled.Add(1) == int64(n) {
					stop()
				}
				return nil
			}))
		},
		one: func(ctx context.Context, topic string, i int) error {
			return b.Publish(ctx, event(topic).New(newPayload(i))).Err()
		},
	}
}
