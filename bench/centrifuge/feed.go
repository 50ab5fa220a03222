package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// feed is a topic between who publishes and the node, as Centrifugo reads one: so that messages outlive the node's process.
type feed struct {
	client *kgo.Client
	run    sync.WaitGroup
	failed error
}

// partitions are as many as push's topic has, which is read as this one is.
const partitions = 4

// follow reads a topic of this process's own, and tells what comes.
func follow(ctx context.Context, kafka string, tell func(...[]byte) error) (*feed, error) {
	topic := fmt.Sprintf("bench-centrifuge-%d", os.Getpid())
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.TrimPrefix(kafka, "kafka://")), kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	f := &feed{client: client}
	if _, err := kadm.NewClient(client).CreateTopic(ctx, partitions, 1, nil, topic); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.publish(ctx, []byte(`"begins"`)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	first := client.PollFetches(ctx) // nobody follows yet
	if err := first.Err(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	f.run.Go(func() { f.failed = f.read(tell) })
	return f, nil
}

func (f *feed) read(tell func(...[]byte) error) error {
	for {
		fetches := f.client.PollFetches(context.Background())
		if fetches.IsClientClosed() {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		for record := range fetches.RecordsAll() {
			if err := tell(record.Value); err != nil {
				return err
			}
		}
	}
}

// publish writes messages in order, under one key.
func (f *feed) publish(ctx context.Context, messages ...[]byte) error {
	records := make([]*kgo.Record, len(messages))
	for i, m := range messages {
		records[i] = &kgo.Record{Key: []byte("k"), Value: m}
	}
	return f.client.ProduceSync(ctx, records...).FirstErr() //nolint:wrapcheck // a bench
}

func (f *feed) Close() error {
	f.client.Close()
	f.run.Wait()
	return f.failed
}
