package main

import (
	"context"

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
						return err
					}
					msgs = msgs[:0]
				}
			}
			return nil
		},
		consume: func(ctx context.Context, topic, group string, handle func(payload)) error {
			return b.Subscribe(ctx, group, bus.On(event(topic), func(_ context.Context, p payload) error {
				handle(p)
				return nil
			}))
		},
		one: func(ctx context.Context, topic string, i int) error {
			return b.Publish(ctx, event(topic).New(newPayload(i))).Err()
		},
	}
}
