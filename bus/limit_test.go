package bus_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

// A key that is stuck fills its partition's share; the partition is paused, goes on when the key does, and loses nothing.
func TestFullPartitionPauses(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	event := bus.Define("limit.thing.noted", func(p placed) string { return p.ID }, bus.InTopic("limit"))
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "limit", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	const stuck, others, rounds = 40, 3, 30
	publish := func(key string, n int) {
		msgs := make([]bus.Message, n)
		for i := range msgs {
			msgs[i] = event.New(placed{ID: key})
		}
		if err := b.Publish(t.Context(), msgs...).Err(); err != nil {
			t.Error(err)
		}
	}
	for range rounds { // many times more than may be in flight
		publish("stuck", stuck)
		for i := range others {
			publish(strconv.Itoa(i), 1)
		}
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	release := make(chan struct{})
	var once sync.Once
	var mu sync.Mutex
	handled := map[string]int{}
	err := b.Subscribe(ctx, "limit", bus.On(event, func(ctx context.Context, p placed) error {
		if p.ID == "stuck" {
			select {
			case <-release:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		mu.Lock()
		defer mu.Unlock()
		handled[p.ID]++
		if handled["0"] == 1 {
			once.Do(func() { time.AfterFunc(200*time.Millisecond, func() { close(release) }) }) // longer than the feed waits
		}
		if handled["stuck"] == stuck*rounds && handled["0"]+handled["1"]+handled["2"] == others*rounds {
			stop()
		}
		return nil
	}), bus.MaxInFlight(64, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for key, want := range map[string]int{"stuck": stuck * rounds, "0": rounds, "1": rounds, "2": rounds} {
		if handled[key] != want {
			t.Errorf("key %s: %d of %d events were handled", key, handled[key], want)
		}
	}
}
