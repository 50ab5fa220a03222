package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

const (
	// unknownFor is how long a topic may be unknown before its rows become dead letters: some brokers know a new one
	// before others, and one that is made anew is unknown in between.
	unknownFor   = 10 * time.Second
	unknownAgain = 500 * time.Millisecond
	// unknownKept is how long rows of a topic that stayed unknown are not waited for again, and unknownTopics how many are kept.
	unknownKept   = time.Minute
	unknownTopics = 1000
)

// awaitTopic publishes the one record of a batch once its topic is known, and says what else keeps it from that.
func (r *Relay) awaitTopic(ctx context.Context, lease *partitions.Lease, b batch, cause error) error {
	topic := b.records[0].Topic
	if !errors.Is(cause, bus.ErrNoTopic) || time.Since(r.unknown[topic]) < unknownKept {
		return cause
	}
	limit, again := time.NewTimer(unknownFor), time.NewTicker(unknownAgain)
	defer limit.Stop()
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limit.C:
			if len(r.unknown) >= unknownTopics {
				clear(r.unknown)
			}
			r.unknown[topic] = time.Now()
			return cause
		case <-again.C:
		}
		began := time.Now()
		if cause = r.write(ctx, lease, b); cause == nil {
			r.meters.published(ctx, 1, time.Since(began))
			r.note(func(s *Status) { s.Published++ })
			return nil
		}
		if !errors.Is(cause, bus.ErrNoTopic) {
			return cause
		}
	}
}
