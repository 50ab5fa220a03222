package bus

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Shared consumes through a Kafka share group (KIP-932) instead of a consumer group: a plain queue. Several processes
// take events of one partition, so there may be more processes than partitions and a slow event holds up no other, but
// there is no order, not even for a key. [Once], retries, the retry topic and the dead letters work as without it, and
// a group that has never run begins where [StartAt] says.
//
// A process that has a free handler and nothing waiting takes up to four events for each handler of its [Concurrency],
// 500 at most; where handlers are slow, a smaller [MaxInFlight] leaves more to other processes. What it holds it keeps
// for itself, however long a handler or a back-off lasts (share.record.lock.duration.ms is renewed). When it stops, it
// gives back what it has not begun; when it dies, the broker does. An event that was delivered often without an answer
// goes to the retry topic before the broker would drop it (share.delivery.count.limit). The retry topic has the consumer
// group "<group>.retry". [SessionTimeout] is for that one; a share group's is the broker's group.share.session.timeout.ms.
//
// It needs Kafka 4.2 or later with the feature share.version=1, else the error matches [ErrNoShareGroups], and the right
// to read and alter the group's configuration: share.isolation.level is set to read_committed, and
// share.auto.offset.reset as StartAt says unless it is set already.
func Shared() SubscribeOption {
	return subscribeOption(func(s *subscription) { s.shared = true })
}

// consumeShared takes events of the contracts' topics from the share group, and those of the retry topic, which come
// when they are due, from a consumer group. Both together handle no more events at once than a subscription may.
func (b *Bus) consumeShared(ctx context.Context, s *subscription) error {
	limit, err := b.prepareShared(ctx, s)
	if err != nil {
		return err
	}
	s.slots = make(chan struct{}, s.concurrency)
	retries := *s
	retries.retriesOnly = true
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return b.consume(ctx, &retries) })
	running.Go(func() error { return b.borrow(ctx, s, limit) })
	return running.Wait() //nolint:wrapcheck // wrapped by Subscribe
}

// member is the consumer group that the subscription joins.
func (s *subscription) member() string {
	if s.retriesOnly {
		return s.group + ".retry"
	}
	return s.group
}

// enter waits until one more event may be handled, where others than the engine's own workers handle some too.
func (s *subscription) enter(ctx context.Context) (leave func(), err error) {
	if s.slots == nil {
		return func() {}, nil
	}
	select {
	case s.slots <- struct{}{}:
		return func() { <-s.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no place was free: %w", context.Cause(ctx))
	}
}
