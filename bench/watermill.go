package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"
)

// watermillSide publishes and consumes as watermill-kafka does, with acknowledgement by all replicas. It has no
// idempotent publishing by default, and hands over one message a partition at a time.
func watermillSide(address string, encode *recorder) (side, func(), error) {
	brokers := []string{strings.TrimPrefix(address, "kafka://")}
	config := kafka.DefaultSaramaSyncPublisherConfig()
	config.Producer.RequiredAcks = sarama.WaitForAll
	publisher, err := kafka.NewPublisher(kafka.PublisherConfig{
		Brokers: brokers, Marshaler: keyed{}, OverwriteSaramaConfig: config,
	}, watermill.NopLogger{})
	if err != nil {
		return side{}, nil, err //nolint:wrapcheck // a bench
	}
	publish := func(topic string, first, n int) error {
		msgs := make([]*message.Message, n)
		for i := range n {
			r, err := encode.record(topic, first+i)
			if err != nil {
				return err
			}
			msgs[i] = message.NewMessage(watermill.NewUUID(), r.Value)
			for _, header := range r.Headers {
				msgs[i].Metadata.Set(header.Key, string(header.Value))
			}
			msgs[i].Metadata.Set("key", string(r.Key))
		}
		return publisher.Publish(topic, msgs...)
	}
	return side{
		name: "watermill", share: 20,
		publish: func(_ context.Context, topic string, n int) error {
			for first := 0; first < n; first += batchSize {
				if err := publish(topic, first, min(batchSize, n-first)); err != nil {
					return err
				}
			}
			return nil
		},
		consume: func(ctx context.Context, topic, group string, handle func(payload)) error {
			config := kafka.DefaultSaramaSubscriberConfig()
			config.Consumer.Offsets.Initial = sarama.OffsetOldest
			subscriber, err := kafka.NewSubscriber(kafka.SubscriberConfig{
				Brokers: brokers, Unmarshaler: keyed{}, ConsumerGroup: group, OverwriteSaramaConfig: config,
			}, watermill.NopLogger{})
			if err != nil {
				return err //nolint:wrapcheck // a bench
			}
			defer subscriber.Close() //nolint:errcheck // a bench
			messages, err := subscriber.Subscribe(ctx, topic)
			if err != nil {
				return err //nolint:wrapcheck // a bench
			}
			for m := range messages {
				var p payload
				if err := json.Unmarshal(m.Payload, &p); err != nil {
					return err //nolint:wrapcheck // a bench
				}
				handle(p)
				m.Ack()
			}
			return nil
		},
		one: func(_ context.Context, topic string, i int) error { return publish(topic, i, 1) },
	}, func() { _ = publisher.Close() }, nil
}

// keyed is watermill's marshaler with the record's own key.
type keyed struct{ kafka.DefaultMarshaler }

func (k keyed) Marshal(topic string, m *message.Message) (*sarama.ProducerMessage, error) {
	key := m.Metadata.Get("key")
	delete(m.Metadata, "key")
	produced, err := k.DefaultMarshaler.Marshal(topic, m)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	produced.Key = sarama.StringEncoder(key)
	return produced, nil
}
