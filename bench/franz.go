package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// franz is the bare client with the settings that the bus gives it. It encodes, decodes and commits as the bus does,
// without contracts, order per key, retries or dead letters.
func franz(address string, encode *recorder) (side, func(), error) {
	seeds := strings.TrimPrefix(address, "kafka://")
	client, err := kgo.NewClient(kgo.SeedBrokers(seeds), kgo.ProducerLinger(0))
	if err != nil {
		return side{}, nil, err //nolint:wrapcheck // a bench
	}
	publish := func(ctx context.Context, topic string, first, n int) error {
		records := make([]*kgo.Record, n)
		for i := range n {
			r, err := encode.record(topic, first+i)
			if err != nil {
				return err
			}
			records[i] = r
		}
		return client.ProduceSync(ctx, records...).FirstErr()
	}
	return side{
		name: "franz-go", share: 1,
		publish: func(ctx context.Context, topic string, n int) error {
			for first := 0; first < n; first += batchSize {
				if err := publish(ctx, topic, first, min(batchSize, n-first)); err != nil {
					return err
				}
			}
			return nil
		},
		consume: func(ctx context.Context, topic, group string, handle func(payload)) error {
			consumer, err := kgo.NewClient(kgo.SeedBrokers(seeds), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic),
				kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
			if err != nil {
				return err //nolint:wrapcheck // a bench
			}
			defer consumer.Close()
			for {
				fetches := consumer.PollFetches(ctx)
				if ctx.Err() != nil {
					return nil
				}
				if err := fetches.Err(); err != nil {
					return err //nolint:wrapcheck // a bench
				}
				for records := fetches.RecordIter(); !records.Done(); {
					var p payload
					if err := json.Unmarshal(records.Next().Value, &p); err != nil {
						return err //nolint:wrapcheck // a bench
					}
					handle(p)
				}
			}
		},
		one: func(ctx context.Context, topic string, i int) error { return publish(ctx, topic, i, 1) },
	}, client.Close, nil
}
