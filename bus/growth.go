package bus

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const growthNoticed = 15 * time.Second

// watchGrowth lets the client read partitions that are added to the topic, from their beginning, until the returned
// function is called.
func (b *Bus) watchGrowth(ctx context.Context, client *kgo.Client, topic Topic, known int) (stop func()) {
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
				known = b.addPartitions(ctx, client, topic, known)
			}
		}
	})
	return func() { cancel(); watcher.Wait() }
}

// addPartitions returns how many partitions are read now. A failed look is made again at the next tick.
func (b *Bus) addPartitions(ctx context.Context, client *kgo.Client, topic Topic, known int) int {
	details, err := b.admin.ListTopics(ctx, string(topic))
	if err != nil || details.Error() != nil {
		return known
	}
	grown := make(map[int32]kgo.Offset)
	for partition := range details[string(topic)].Partitions {
		if int(partition) >= known {
			grown[partition] = kgo.NewOffset().AtStart()
		}
	}
	if len(grown) > 0 {
		client.AddConsumePartitions(map[string]map[int32]kgo.Offset{string(topic): grown})
	}
	return known + len(grown)
}
