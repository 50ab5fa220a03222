package integration_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// queue makes a topic and the name of a share group that is not there yet.
func queue(t *testing.T, b *bus.Bus) (event bus.Event[order], group string) {
	t.Helper()
	name := "a" + strings.ToLower(uuid.NewString()[:8])
	event = bus.Define("queue."+name+".placed", func(o order) string { return o.ID })
	if err := b.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	return event, "queue-" + name
}

func client(t *testing.T, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(kcatBroker(t)))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestSharedRenewsLocksOnKafka lets a handler and a back-off last longer than the shortest lock that Kafka gives.
func TestSharedRenewsLocksOnKafka(t *testing.T) {
	t.Parallel()
	b := open(t)
	event, group := queue(t, b)
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeGroupConfig, group
	config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	config.Name, config.Value = "share.record.lock.duration.ms", new("15000")
	resource.Configs = append(resource.Configs, config)
	request.Resources = append(request.Resources, resource)
	if response, err := request.RequestWith(t.Context(), client(t)); err != nil || response.Resources[0].ErrorCode != 0 {
		t.Fatalf("%v, %+v", err, response)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var slow, failing, done atomic.Int64
	end := func() error {
		if done.Add(1) == 2 {
			cancel()
		}
		return nil
	}
	if err := b.Publish(ctx, event.New(order{ID: "slow"}), event.New(order{ID: "failing"})).Err(); err != nil {
		t.Fatal(err)
	}
	policy := resilience.RetryPolicy{Attempts: 2, Initial: 35 * time.Second, Max: 35 * time.Second, Multiplier: 1}
	err := b.Subscribe(ctx, group, bus.Shared(), bus.Concurrency(2), bus.On(event, func(ctx context.Context, o order) error {
		if o.ID == "failing" {
			if failing.Add(1) == 1 {
				return errors.New("not yet")
			}
			return end()
		}
		slow.Add(1)
		select {
		case <-time.After(35 * time.Second):
			return end()
		case <-ctx.Done():
			return ctx.Err()
		}
	}, bus.Retry(policy)))
	if err != nil || slow.Load() != 1 || failing.Load() != 2 || done.Load() != 2 {
		t.Errorf("slow began %d times, failing %d, done %d, %v", slow.Load(), failing.Load(), done.Load(), err)
	}
}

// TestSharedReadsCommittedOnKafka publishes an event in a transaction that is aborted, and one after it.
func TestSharedReadsCommittedOnKafka(t *testing.T) {
	t.Parallel()
	b := open(t)
	event, group := queue(t, b)
	producer := client(t, kgo.TransactionalID(group))
	if err := producer.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	undone := &kgo.Record{
		Topic: string(event.Contract().Topic()), Value: []byte(`{"id":"undone"}`),
		Headers: []kgo.RecordHeader{{Key: bus.HeaderType, Value: []byte(event.Contract().Name())}},
	}
	if err := producer.ProduceSync(t.Context(), undone).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := producer.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), event.New(order{ID: "done"})).Err(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	err := b.Subscribe(ctx, group, bus.Shared(), bus.Concurrency(1), bus.On(event, func(_ context.Context, o order) error {
		if o.ID != "done" {
			t.Errorf("handled %v", o)
		}
		stop()
		return nil
	}))
	if err != nil || t.Context().Err() != nil {
		t.Error(err)
	}
}

// TestSharedGroupKindOnKafka uses one name with Shared and without.
func TestSharedGroupKindOnKafka(t *testing.T) {
	t.Parallel()
	b := open(t)
	event, group := queue(t, b)
	if err := b.Publish(t.Context(), event.New(order{ID: "1"})).Err(); err != nil {
		t.Fatal(err)
	}
	for name, kinds := range map[string][2][]bus.SubscribeOption{
		"plain":  {nil, {bus.Shared()}},
		"shared": {{bus.Shared()}, nil},
	} {
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		handle := bus.On(event, func(context.Context, order) error { stop(); return nil })
		if err := b.Subscribe(ctx, group+name, append(kinds[0], handle)...); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if err := b.Subscribe(ctx, group+name, append(kinds[1], handle)...); !errors.Is(err, bus.ErrGroupKind) {
			t.Errorf("%s first: ended with %v", name, err)
		}
		cancel()
		stop()
	}
}
