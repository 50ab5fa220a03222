//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// virtual opens a bus on a broker within the bubble, so that all of it runs on the bubble's clock.
func virtual(t *testing.T) (b *bus.Bus, end func()) {
	t.Helper()
	var network kfake.VirtualNetwork
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen))
	if err != nil {
		t.Fatal(err)
	}
	b, err = bus.Open(t.Context(), "kafka://"+cluster.ListenAddrs()[0], bus.Dialer(network.DialContext))
	if err != nil {
		t.Fatal(err)
	}
	return b, func() { _ = b.Close(); cluster.Close() }
}

func TestRetryOnVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, end := virtual(t)
		defer end()
		event := orderPlaced()
		if err := b.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
			t.Fatal(err)
		}
		if err := b.Publish(t.Context(), event.New(placed{ID: "1"})).Err(); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var at []time.Time
		policy := resilience.RetryPolicy{Attempts: 2, Initial: time.Minute, Max: time.Minute, Multiplier: 1}
		err := b.Subscribe(ctx, "virtual", bus.On(event, func(context.Context, placed) error {
			if at = append(at, time.Now()); len(at) < 5 {
				return errors.New("not yet")
			}
			stop()
			return nil
		}, bus.Retry(policy), bus.RetryLater(10*time.Minute, time.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []time.Duration{time.Minute, 10 * time.Minute, time.Minute, time.Hour} {
			if waited := at[i+1].Sub(at[i]); waited < want || waited > want+10*time.Second {
				t.Errorf("attempt %d came after %s, want %s", i+2, waited, want)
			}
		}
	})
}
