//go:build synctests

package bus_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// sharing makes a bus on a virtual broker, with the topic of orderPlaced in place.
func sharing(t *testing.T, opts ...kfake.Opt) (*bus.Bus, *network) {
	t.Helper()
	n := newNetwork(t, opts...)
	b := n.open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: orderPlaced().Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	return b, n
}

// TestSharedRenewsLocks lets a handler and a back-off last longer than the broker's lock, while other events flow.
func TestSharedRenewsLocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, n := sharing(t)
		defer n.close()
		ctx, stop := context.WithCancel(t.Context())
		var slow, failing, quick atomic.Int64
		policy := resilience.RetryPolicy{Attempts: 3, Initial: 5 * time.Minute, Max: 5 * time.Minute, Multiplier: 1}
		go func() {
			defer stop()
			ticker := time.NewTicker(2 * time.Second)
			defer ticker.Stop()
			for i := range 300 {
				<-ticker.C
				_ = b.Publish(ctx, orderPlaced().New(placed{ID: "quick", Total: i}))
			}
		}()
		if err := b.Publish(t.Context(), orderPlaced().New(placed{ID: "slow"}), orderPlaced().New(placed{ID: "failing"})).Err(); err != nil {
			t.Fatal(err)
		}
		err := b.Subscribe(ctx, "virtual", bus.Shared(), bus.On(orderPlaced(), func(_ context.Context, p placed) error {
			switch p.ID {
			case "slow":
				slow.Add(1)
				<-time.After(9 * time.Minute)
			case "failing":
				if failing.Add(1) == 1 {
					return errors.New("not yet")
				}
			default:
				quick.Add(1)
			}
			return nil
		}, bus.Retry(policy), bus.Timeout(time.Hour)))
		if err != nil || slow.Load() != 1 || failing.Load() != 2 || quick.Load() < 290 {
			t.Errorf("slow %d, failing %d, quick %d, %v", slow.Load(), failing.Load(), quick.Load(), err)
		}
	})
}

func TestSharedNeedsShareGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, n := sharing(t, kfake.MaxVersions(kversion.V3_9_0()))
		defer n.close()
		err := b.Subscribe(t.Context(), "old", bus.Shared(), ignore())
		if !errors.Is(err, bus.ErrNoShareGroups) {
			t.Error(err)
		}
	})
}

func ignore() bus.SubscribeOption {
	return bus.On(orderPlaced(), func(context.Context, placed) error { return nil })
}

// TestSharedGroupKind uses one name with Shared and without.
func TestSharedGroupKind(t *testing.T) {
	t.Parallel()
	for name, first := range map[string][]bus.SubscribeOption{
		"plain first":  {ignore()},
		"shared first": {ignore(), bus.Shared()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, n := sharing(t)
				defer n.close()
				ctx, stop := context.WithTimeout(t.Context(), time.Minute)
				defer stop()
				if err := b.Subscribe(ctx, "mailer", first...); err != nil {
					t.Fatal(err)
				}
				second := []bus.SubscribeOption{ignore(), bus.Shared()}
				if len(first) == 2 {
					second = second[:1]
				}
				limit, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if err := b.Subscribe(limit, "mailer", second...); !errors.Is(err, bus.ErrGroupKind) {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

// TestSharedReadsCommitted publishes an event in a transaction that is aborted, and one after it.
func TestSharedReadsCommitted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, n := sharing(t)
		defer n.close()
		client := n.client(t, kgo.TransactionalID("aborts"))
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		topic := string(orderPlaced().Contract().Topic())
		undone := &kgo.Record{Topic: topic, Value: []byte(`{"id":"undone"}`), Headers: []kgo.RecordHeader{{Key: bus.HeaderType, Value: []byte(orderPlaced().Contract().Name())}}}
		if err := client.ProduceSync(t.Context(), undone).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
			t.Fatal(err)
		}
		if err := b.Publish(t.Context(), orderPlaced().New(placed{ID: "done"})).Err(); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var got []string
		err := b.Subscribe(ctx, "careful", bus.Shared(), bus.Concurrency(1), bus.On(orderPlaced(), func(_ context.Context, p placed) error {
			got = append(got, p.ID)
			return nil
		}))
		if err != nil || len(got) != 1 || got[0] != "done" {
			t.Errorf("handled %v, %v", got, err)
		}
	})
}
