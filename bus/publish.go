package bus

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Publish sends messages and waits for all in-sync replicas to acknowledge them. Messages with one key keep their
// order. A message that fails does not stop the others; an [Atomic] one succeeds or fails as a whole, and has no order
// with the messages beside it. When ctx ends first, what is not yet acknowledged ends with [ErrIndefinite].
func (b *Bus) Publish(ctx context.Context, msgs ...Message) Results {
	batch := b.newBatch(ctx, msgs)
	ctx, cancel := context.WithTimeoutCause(ctx, b.config.publishTimeout, context.DeadlineExceeded)
	defer cancel()
	b.learnLimits(ctx, batch)
	b.produce(ctx, batch)
	for _, group := range batch.groups {
		b.atomics.publish(ctx, batch, group)
	}
	results := batch.wait(ctx)
	b.relearn(results)
	b.relearnLimits(ctx, results)
	for _, result := range results {
		if failed, ok := errors.AsType[*PublishError](result.Err); ok {
			failed.Err = b.config.reach.explain(readError(failed.Err))
		}
	}
	return results
}

// relearn makes the client look again at topics that were deleted and made anew: it holds on to the old ones, and would
// refuse the new ones for ever. What was refused is transient, and can be published again.
func (b *Bus) relearn(results Results) {
	var topics []string
	for _, result := range results {
		if result.Err != nil && errors.Is(result.Err, kerr.UnknownTopicID) && !slices.Contains(topics, string(result.Topic)) {
			topics = append(topics, string(result.Topic))
		}
	}
	if len(topics) > 0 {
		b.client.PurgeTopicsFromProducing(topics...)
	}
}

// recordsAtOnce is how many records share a piece of memory that the runtime still calls small.
const recordsAtOnce = 64

// batch is one Publish: its records, and the results that the client fills in as brokers answer.
type batch struct {
	bus     *Bus
	records []*kgo.Record
	room    []kgo.Record
	plain   []int
	groups  [][]int

	mu      sync.Mutex
	results Results
	settled []bool
	open    int
	done    chan struct{}
}

func (b *Bus) newBatch(ctx context.Context, msgs []Message) *batch {
	batch := &batch{
		bus:     b,
		records: make([]*kgo.Record, 0, len(msgs)), plain: make([]int, 0, len(msgs)),
		results: make(Results, 0, len(msgs)), done: make(chan struct{}),
	}
	carried := contextHeaders(ctx)
	for i := range msgs {
		if m := &msgs[i]; m.atomic != nil {
			batch.addGroup(ctx, m, carried)
		} else if i, err := batch.add(ctx, m, carried); err == nil {
			batch.plain = append(batch.plain, i)
		}
	}
	batch.settled = make([]bool, len(batch.results))
	for i := range batch.results {
		batch.settled[i] = batch.results[i].Err != nil
		if !batch.settled[i] {
			batch.open++
		}
	}
	if batch.open == 0 {
		close(batch.done)
	}
	return batch
}

func (b *batch) add(ctx context.Context, m *Message, carried carried) (int, error) {
	i := len(b.results)
	record, err := b.bus.encode(ctx, m, carried)
	if len(b.room) == 0 {
		b.room = make([]kgo.Record, min(recordsAtOnce, max(cap(b.records)-len(b.records), 1)))
	}
	room := &b.room[0]
	b.room = b.room[1:]
	toKafka(room, &record)
	if b.bus.config.observed && m.verbatim != nil && !trace.SpanContextFromContext(ctx).IsValid() {
		room.Context = propagation.TraceContext{}.Extract(ctx, (*headerCarrier)(&record.Headers)) // a record goes on with its own trace
	}
	b.records = append(b.records, room)
	b.results = append(b.results, Result{ID: m.ID(), Topic: m.topic(), Partition: -1, Offset: -1, Err: err})
	return i, err
}

// addGroup adds an atomic message. One wrong part refuses the whole.
func (b *batch) addGroup(ctx context.Context, m *Message, carried carried) {
	if m.err != nil {
		b.results = append(b.results, Result{Partition: -1, Offset: -1, Err: m.refused(m.err)})
		b.records = append(b.records, nil)
		return
	}
	var group []int
	var refusal error
	for _, leaf := range m.leaves(nil) {
		i, err := b.add(ctx, &leaf, carried)
		group = append(group, i)
		if refusal == nil {
			refusal = err
		}
	}
	if refusal == nil {
		b.groups = append(b.groups, group)
		return
	}
	for _, i := range group {
		b.results[i].Err = refusal
	}
}

// produce hands the plain records to the idempotent producer. A context that has ended stays out of it: the client lets all that waits
// for the same topic or in the same batch fail with that.
func (b *Bus) produce(ctx context.Context, batch *batch) {
	for _, i := range batch.plain {
		if ctx.Err() != nil {
			batch.settle(i, batch.records[i], context.Cause(ctx))
			continue
		}
		b.client.Produce(ctx, batch.records[i], func(r *kgo.Record, err error) { batch.settle(i, r, err) })
	}
}

func (b *batch) settle(i int, r *kgo.Record, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.settled[i] {
		return
	}
	b.settled[i] = true
	result := &b.results[i]
	if err != nil {
		result.Err = &PublishError{Topic: result.Topic, ID: result.ID, Err: err}
	} else {
		result.Partition, result.Offset = Partition(r.Partition), r.Offset
	}
	if b.open--; b.open == 0 {
		close(b.done)
	}
}

// wait returns the results. What is open when ctx ends has an unknown outcome.
func (b *batch) wait(ctx context.Context) Results {
	select {
	case <-b.done:
		return b.results
	case <-ctx.Done():
	}
	for i := range b.results {
		b.settle(i, nil, context.Cause(ctx))
	}
	return b.results
}

// toKafka converts without copying keys, values and headers.
func toKafka(into *kgo.Record, r *Record) {
	into.Topic, into.Key, into.Value, into.Timestamp, into.Headers = string(r.Topic), r.Key, r.Value, r.Time, kafkaHeaders(r.Headers)
	into.Partition = r.Pin()
}

// fromKafka converts without copying keys, values and headers, but for packed ones.
func fromKafka(r *kgo.Record) Record {
	return Record{
		Topic: Topic(r.Topic), Partition: Partition(r.Partition), Offset: r.Offset, Time: r.Timestamp,
		Key: r.Key, Value: r.Value, Headers: unpacked(headersOf(r.Headers)),
	}
}
