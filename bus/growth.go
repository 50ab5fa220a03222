package bus

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const growthNoticed = 15 * time.Second

// watchGrowth lets the client read partitions that are added to the topic, from their beginning, until the returned
// function is called. Before each it calls grown.
func (b *Bus) watchGrowth(ctx context.Context, client *kgo.Client, topic Topic, known int, grown func(int32)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() {
		ticker := time.NewTicker(growthNoticed)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				known += b.addPartitions(ctx, client, topic, known, grown)
			}
		}
	})
	return func() { cancel(); watcher.Wait() }
}

// addPartitions returns how many were added. A failed look is made again at the next tick.
func (b *Bus) addPartitions(ctx context.Context, client *kgo.Client, topic Topic, known int, grown func(int32)) int {
	details, err := b.admin.ListTopics(ctx, string(topic))
	if err != nil || details.Error() != nil {
		return 0
	}
	added := make(map[int32]kgo.Offset)
	for partition := range details[string(topic)].Partitions {
		if int(partition) >= known {
			grown(partition)
			added[partition] = kgo.NewOffset().AtStart()
		}
	}
	if len(added) > 0 {
		client.AddConsumePartitions(map[string]map[int32]kgo.Offset{string(topic): added})
	}
	return len(added)
}
