package partitions

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// maxFetched bounds in bytes what a lane has fetched from one broker and not handled.
const maxFetched = 16 << 20

// fetched is how much of a partition a lane fetches at once, so that a batch can come of one: records are taken to have
// a quarter of a kilobyte.
func (c *config) fetched() int32 { return int32(min(max(256*c.batch, 1<<20), maxFetched)) }

// poll takes what has arrived, and waits for something to do unless it must not.
func (l *lane) poll(ctx context.Context, now bool) error {
	waiting, cancel := l.waiting(ctx, now)
	fetches := l.consumer.PollRecords(waiting, l.engine.config.batch)
	if cancel != nil {
		l.mu.Lock()
		l.wake = nil
		l.mu.Unlock()
		cancel()
	}
	for _, failed := range fetches.Errors() {
		if ctx.Err() != nil || errors.Is(failed.Err, context.Canceled) || errors.Is(failed.Err, context.DeadlineExceeded) {
			continue
		}
		if err := l.engine.fetchError(failed); err != nil {
			return err
		}
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		l.admit(place{p.Topic, p.Partition}, p.Records)
		if s := l.shards[p.Partition]; s != nil && p.HighWatermark > 0 {
			s.ends[p.Topic] = p.HighWatermark
			s.measure()
		}
	})
	return nil
}

// waiting is the context that a poll waits by: nil where it must not wait, else one that ends with the next command, timer
// or fetch.
func (l *lane) waiting(ctx context.Context, now bool) (context.Context, context.CancelFunc) {
	if now || l.due() {
		return nil, nil //nolint:nilnil // how the client is asked not to wait
	}
	cancel := context.CancelFunc(func() {})
	if next := l.nextDue(); !next.IsZero() {
		ctx, cancel = context.WithTimeout(ctx, next.Sub(l.engine.config.clock()))
	}
	ctx, wake := context.WithCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.commands)+len(l.arrived) > 0 {
		wake()
	}
	l.wake = wake
	return ctx, func() { wake(); cancel() }
}

// fetchError is what ends the group of what a fetch can say; the client tries again after all others.
func (e *engine) fetchError(failed kgo.FetchError) error {
	switch {
	case errors.Is(failed.Err, kerr.OffsetOutOfRange):
		return fmt.Errorf("%s/%d: records were deleted before they were handled; raise the topic's retention, and "+
			"reset the group's offset to go on: %w", failed.Topic, failed.Partition, failed.Err)
	case errors.Is(failed.Err, kerr.UnknownTopicOrPartition), errors.Is(failed.Err, kerr.UnknownTopicID):
		return fmt.Errorf("%s was deleted while it was read: %w", failed.Topic, failed.Err)
	case errors.Is(failed.Err, kerr.TopicAuthorizationFailed), errors.Is(failed.Err, kerr.SaslAuthenticationFailed):
		return fmt.Errorf("%s: %w", failed.Topic, failed.Err)
	}
	e.logger.Warn("partitions: fetch failed", "group", e.config.name, "topic", failed.Topic, "partition", failed.Partition, "error", failed.Err)
	return nil
}
