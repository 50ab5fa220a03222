//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// TestPublishToTopicMadeAnew publishes to a topic that was deleted and made again while the bus was open.
func TestPublishToTopicMadeAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var network kfake.VirtualNetwork
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen))
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Close()
		b, err := bus.Open(t.Context(), "kafka://"+cluster.ListenAddrs()[0], bus.Dialer(network.DialContext))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = b.Close() }()
		client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()[0]), kgo.Dialer(network.DialContext))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		event := orderPlaced()
		topic := bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 2}
		for range 3 {
			if err := b.Create(t.Context(), topic); err != nil {
				t.Fatal(err)
			}
			policy := resilience.RetryPolicy{Attempts: 20, Initial: time.Second, Max: time.Minute, Multiplier: 2}
			err := resilience.Do(t.Context(), policy, func(ctx context.Context) error {
				return b.Publish(ctx, event.New(placed{ID: "1"})).Err()
			})
			if err != nil {
				t.Fatalf("class %v: %v", resilience.ClassOf(err), err)
			}
			if _, err := kadm.NewClient(client).DeleteTopics(t.Context(), string(topic.Name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Publish(t.Context(), event.New(placed{ID: "2"})).Err(); !errors.Is(err, bus.ErrNoTopic) {
			t.Errorf("published to no topic: %v", err)
		}
	})
}
