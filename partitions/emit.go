package partitions

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/bus"
)

// around is more than what stands around the only record of a batch, apart from its headers' lengths.
const around = 256

// recordsAtOnce is how many records share a piece of memory that the runtime still calls small.
const recordsAtOnce = 128

// check says why a message cannot be emitted, if so.
func (b *batch) check(r *bus.Record, emitted int) error {
	if emitted > maxEmitted {
		return fmt.Errorf("%w: one call emits more than %d messages", ErrLimit, maxEmitted)
	}
	size := len(r.Key) + len(r.Value) + around
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value) + headerLengths
	}
	if b.topic != r.Topic {
		if err := b.denied(r.Topic); err != nil {
			return &bus.PublishError{Topic: r.Topic, ID: r.ID(), Err: err}
		}
		b.topic, b.limit = r.Topic, b.limitOf(r.Topic)
	}
	if size > b.limit {
		return fmt.Errorf("%w: a message to %s of %d bytes with all around it is larger than its max.message.bytes, %d",
			ErrLimit, r.Topic, size, b.limit)
	}
	return nil
}

// denied is why brokers take nothing for the topic, or nil. What could not be handled has nowhere else to go.
func (b *batch) denied(topic bus.Topic) error {
	switch {
	case string(topic) == b.engine.config.deadTopic():
		return nil
	case b.tells && b.lane.room.denied[topic] != nil:
		return b.lane.room.denied[topic]
	}
	return b.engine.refused.of(topic, b.began)
}

// limitOf is what the topic takes. Brokers are asked at most once in a transaction, also for a topic that they do not know.
func (b *batch) limitOf(topic bus.Topic) int {
	limit, asked := b.limits[topic]
	if !asked {
		if limit = b.engine.bus.Limit(b.life, topic); b.limits == nil {
			b.limits = make(map[bus.Topic]int)
		}
		b.limits[topic] = limit
	}
	return limit
}

// headerLengths is more than a header takes beside its key and value.
const headerLengths = 8

// emit holds a record back until the call that made it has succeeded. It is part of the context's trace, of that of what is handled, or of its
// own.
func (b *batch) emit(ctx context.Context, r *bus.Record) { //nolint:contextcheck // without a trace, it is that of what is handled
	record := b.blank()
	record.Topic, record.Key, record.Value, record.Timestamp = string(r.Topic), r.Key, r.Value, r.Time
	record.Partition = r.Pin()
	record.Headers = slices.Clone(kafkaHeaders(r.Headers)) // the handler may go on with its own
	if b.engine.meters.traced {
		if !trace.SpanContextFromContext(ctx).IsValid() {
			ctx = b.tx.Context()
		}
		if !trace.SpanContextFromContext(ctx).IsValid() {
			ctx = r.Origin(ctx) // as of a relay, which handles nothing
		}
		record.Context = context.WithoutCancel(ctx)
	}
	b.outputs = append(b.outputs, record)
}

func (b *batch) blank() *kgo.Record {
	if len(b.slab) == 0 {
		b.slabs = min(2*b.slabs+8, recordsAtOnce)
		b.slab = make([]kgo.Record, b.slabs)
	}
	record := &b.slab[0]
	b.slab = b.slab[1:]
	return record
}
