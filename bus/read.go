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

// UntilEnd ends the iteration at the end that the topic has when reading begins. Transactions that are open at that
// moment are waited for, so that what was published before is seen.
func UntilEnd() ReadOption { return readOption(func(r *reading) { r.untilEnd = true }) }

// Passed is called for each offset that reading has passed, also where no record is yielded: transaction markers take
// offsets too. It is called after the record was yielded, by the same goroutine.
func Passed(note func(Partition, int64)) ReadOption {
	return readOption(func(r *reading) { r.passed = note })
}

// Yielded is called when all records that have come are yielded, and before reading waits for more.
func Yielded(note func()) ReadOption {
	return readOption(func(r *reading) { r.yielded = note })
}

// How long a broker may hold back an empty answer. A reading with an end must notice soon that a transaction ended.
const (
	fetchWait    = 5 * time.Second
	fetchWaitEnd = 100 * time.Millisecond
)

type reading struct {
	passed   func(Partition, int64)
	yielded  func()
	topic    Topic
	start    Start
	since    time.Time
	from     map[Partition]int64
	only     []Partition
	untilEnd bool
}

func newReading(topic Topic, opts []ReadOption) *reading {
	r := &reading{topic: topic, passed: func(Partition, int64) {}, yielded: func() {}}
	for _, opt := range opts {
		opt.applyRead(r)
	}
	return r
}

// Read iterates over the records of a topic: all partitions, committed records only, no group, nothing acknowledged.
// It begins at [Latest] unless an option says otherwise, waits for new records, and takes in partitions that are added
// later within 15 seconds, from their beginning. Order is kept within a partition. It ends when the loop breaks, when
// ctx ends, which is not an error, or with an error that another attempt does not mend; errors that pass are retried
// within.
func (b *Bus) Read(ctx context.Context, topic Topic, opts ...ReadOption) iter.Seq2[Record, error] {
	r := newReading(topic, opts)
	return func(yield func(Record, error) bool) {
		ctx, cancel := b.bound(ctx)
		defer cancel()
		err := b.read(ctx, r, func(record Record) bool { return yield(record, nil) })
		if err != nil && ctx.Err() == nil {
			yield(Record{}, fmt.Errorf("bus: read %s: %w", topic, b.config.reach.explain(err)))
		} else if b.ended.Err() != nil {
			yield(Record{}, ErrClosed)
		}
	}
}

// Offsets says at which offset of each partition a [Bus.Read] with the same options would begin.
func (b *Bus) Offsets(ctx context.Context, topic Topic, opts ...ReadOption) (map[Partition]int64, error) {
	r := newReading(topic, opts)
	plan, err := b.plan(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("bus: offsets of %s: %w", topic, b.config.reach.explain(err))
	}
	offsets := make(map[Partition]int64, len(plan.offsets))
	for partition, offset := range plan.offsets {
		offsets[Partition(partition)] = offset.EpochOffset().Offset
	}
	return offsets, nil
}

func (b *Bus) read(ctx context.Context, r *reading, yield func(Record) bool) error {
	plan, err := b.plan(ctx, r)
	if err != nil || plan.done() {
		return err
	}
	wait := fetchWait
	if r.untilEnd {
		wait = fetchWaitEnd
	}
	client, err := b.config.client(
		kgo.FetchMaxWait(wait),
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
		if err := b.failure(ctx, fetches); err != nil {
			return err
		}
		for records := fetches.RecordIter(); !records.Done(); {
			record := records.Next()
			if plan.beyond(record) {
				continue
			}
			if !record.Attrs.IsControl() && !yield(b.Received(record)) {
				return nil
			}
			r.passed(Partition(record.Partition), record.Offset)
		}
		r.yielded()
		if plan.done() {
			return nil
		}
	}
}
