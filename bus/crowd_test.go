//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// partitionKeys is a key for each partition of the blobs' topic.
func partitionKeys(t *testing.T, b *bus.Bus, partitions int) []string {
	t.Helper()
	keys := make(map[bus.Partition]string)
	for i := 0; len(keys) < partitions; i++ {
		key := strconv.Itoa(i)
		results := b.Publish(t.Context(), blobSeen().New(blob{Key: key}))
		if err := results.Err(); err != nil {
			t.Fatal(err)
		}
		keys[results[0].Partition] = key
	}
	list := make([]string, partitions)
	for partition, key := range keys {
		list[partition] = key
	}
	return list
}

// TestStuckPartitions lets handlers of all partitions but one stand still, with far more events than may be held, and
// wants those of the last one to go on.
func TestStuckPartitions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		partitions, events, size int
		limit                    bus.SubscribeOption
	}{
		"large events": {2, 30, 100_000, bus.MaxInFlight(10_000, 1<<20)},
		"many events":  {4, 3_000, 10, bus.MaxInFlight(1_000, 64<<20)},
		"few places":   {4, 1_000, 10, bus.MaxInFlight(16, 1<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, kfake.SeedTopics(int32(c.partitions), string(blobSeen().Contract().Topic())))
				defer n.close()
				b := n.open(t)
				keys := partitionKeys(t, b, c.partitions)
				var msgs []bus.Message
				for _, key := range keys[1:] {
					for range c.events {
						msgs = append(msgs, blobSeen().New(blobOf(key, c.size)))
					}
				}
				if err := b.Publish(t.Context(), msgs...).Err(); err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				ended, handled := make(chan error, 1), make(chan struct{}, 10_000)
				go func() {
					ended <- b.Subscribe(ctx, "stuck", c.limit, bus.DrainTimeout(time.Second),
						bus.On(blobSeen(), func(ctx context.Context, seen blob) error {
							if delivered, _ := bus.DeliveredFrom(ctx); delivered.Record.Partition != 0 {
								<-ctx.Done()
								return ctx.Err()
							}
							if seen.Key == keys[0] {
								handled <- struct{}{}
							}
							return nil
						}, bus.Timeout(time.Hour)))
				}()
				<-time.After(time.Minute)
				for range 500 { // many times the partition's share
					if err := b.Publish(t.Context(), blobSeen().New(blob{Key: keys[0]})).Err(); err != nil {
						t.Fatal(err)
					}
				}
				limit := time.After(time.Minute)
				for range 501 {
					select {
					case <-handled:
					case <-limit:
						t.Fatal("the partition that does not stand still does")
					}
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestFullRetryTopic has many times more events wait for their next attempt than may be held.
func TestFullRetryTopic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, kfake.SeedTopics(3, string(blobSeen().Contract().Topic())))
		defer n.close()
		b := n.open(t)
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Hour)
		defer stop()
		const failing = 1_000
		ended, good, again := make(chan error, 1), make(chan struct{}, 10), make(chan struct{}, failing)
		go func() {
			ended <- b.Subscribe(ctx, "busy", bus.MaxInFlight(100, 64<<20), bus.On(blobSeen(), func(ctx context.Context, seen blob) error {
				delivered, _ := bus.DeliveredFrom(ctx)
				switch {
				case seen.Key == "good":
					good <- struct{}{}
				case delivered.Attempt == 2:
					again <- struct{}{}
				default:
					return errors.New("it fails")
				}
				return nil
			}, bus.Retry(resilience.RetryPolicy{Attempts: 1, Initial: 1, Max: 1, Multiplier: 1}), bus.RetryLater(time.Hour)))
		}()
		for i := range failing {
			if err := b.Publish(t.Context(), blobSeen().New(blob{Key: strconv.Itoa(i)})).Err(); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Minute)
		if err := b.Publish(t.Context(), blobSeen().New(blob{Key: "good"})).Err(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-good:
		case <-time.After(5 * time.Second):
			t.Error("an event waits for others that wait for their next attempt")
		}
		<-time.After(2 * time.Hour)
		if len(again) != failing {
			t.Errorf("%d of %d had their second attempt", len(again), failing)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
