package bus

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ReadOption says where reading begins and ends. See [Bus.Read].
type ReadOption interface{ applyRead(*reading) }

type readOption func(*reading)

func (f readOption) applyRead(r *reading) { f(r) }

// Start is a place in a topic that every partition has.
type Start int8

const (
	// Latest is behind the newest record: only what is published from now on.
	Latest Start = iota
	// Earliest is the oldest record that is still kept.
	Earliest
)

func (s Start) applyRead(r *reading) { r.start, r.since, r.from = s, time.Time{}, nil }

// Since begins with the first record whose time is t or later.
func Since(t time.Time) ReadOption {
	return readOption(func(r *reading) { r.since, r.from = t, nil })
}

// From begins at the given offsets. A partition without one begins at its earliest record. An offset that is no
// longer kept, or not yet written, ends the iteration with an error that matches [ErrOffset].
func From(offsets map[Partition]int64) ReadOption {
	offsets = maps.Clone(offsets)
	return readOption(func(r *reading) { r.start, r.since, r.from = Earliest, time.Time{}, offsets })
}

// Only reads these partitions and no others.
func Only(partitions ...Partition) ReadOption {
	return readOption(func(r *reading) { r.only = slices.Clone(partitions) })
}

// UntilEnd ends the iteration at the end that the topic has when reading begins.
func UntilEnd() ReadOption { return readOption(func(r *reading) { r.untilEnd = true }) }

type reading struct {
	topic    Topic
	start    Start
	since    time.Time
	from     map[Partition]int64
	only     []Partition
	untilEnd bool
}

// Read iterates over the records of a topic: all partitions, committed records only, no group, nothing acknowledged.
// It begins at [Latest] unless an option says otherwise, waits for new records, and takes in partitions that are added
// later within 15 seconds, from their beginning. Order is kept within a partition. It ends when the loop breaks, when ctx ends, which is not an error, or with
// an error that another attempt does not mend; errors that pass are retried within.
func (b *Bus) Read(ctx context.Context, topic Topic, opts ...ReadOption) iter.Seq2[Record, error] {
	r := &reading{topic: topic}
	for _, opt := range opts {
		opt.applyRead(r)
	}
	return func(yield func(Record, error) bool) {
		ctx, cancel := b.bound(ctx)
		defer cancel()
		err := b.read(ctx, r, func(record Record) bool { return yield(record, nil) })
		if err != nil && ctx.Err() == nil {
			yield(Record{}, fmt.Errorf("bus: read %s: %w", topic, err))
		} else if b.ended.Err() != nil {
			yield(Record{}, ErrClosed)
		}
	}
}

func (b *Bus) read(ctx context.Context, r *reading, yield func(Record) bool) error {
	plan, err := b.plan(ctx, r)
	if err != nil || plan.done() {
		return err
	}
	client, err := b.config.client(
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{string(r.topic): plan.offsets}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.KeepControlRecords(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	if r.only == nil && !r.untilEnd {
		defer b.watchGrowth(ctx, client, r.topic, len(plan.offsets), func(int32) {})()
	}
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err := fetchError(fetches); err != nil {
			return err
		}
		for records := fetches.RecordIter(); !records.Done(); {
			record := records.Next()
			if plan.beyond(record) {
				continue
			}
			if !record.Attrs.IsControl() && !yield(fromKafka(record)) {
				return nil
			}
		}
		if plan.done() {
			return nil
		}
	}
}
