package partitions

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// batch is one transaction of a lane.
type batch struct {
	ctx        context.Context //nolint:containedctx // how long handlers may take
	life       context.Context //nolint:containedctx // how long the transaction may take
	engine     *engine
	lane       *lane
	membership membership
	producer   *producer
	began      time.Time
	now        time.Time // by the node's wall clock

	tx       Tx
	overlays map[*shard]*overlay
	offsets  map[*shard]map[string]int64
	outputs  []*kgo.Record
	slab     []kgo.Record
	slabs    int
	produced int
	bytes    int // of what is produced
	held     int // of what calls have put into overlays
	failure  atomic.Pointer[produceError]
	refusal  atomic.Pointer[bus.PublishError]
	handled  int
	calls    int
	last     call
	dealt    bool      // the call that brokers refuse was dealt with
	tells    bool      // the call of now is told at once of a topic that refuses
	topic    bus.Topic // that was emitted to last, and its limit
	limit    int
	limits   map[bus.Topic]int
	sent     []string // topics that the transaction has messages for
	after    []afterwards
	counted  []counted
}

// maxRecord is the largest key and value together of a row or an answer: brokers take 1 MiB with what stands around it.
const maxRecord = 1_000_000

// maxOwnBatch is for what could not be handled, which is kept together with what is known of it.
const maxOwnBatch = 2 << 20

// maxBytes bounds what one transaction writes: no call is added once it is reached.
const maxBytes = 64 << 20

func (l *lane) newBatch(life, ctx context.Context, m membership) *batch {
	b := &batch{
		ctx: ctx, life: life, engine: l.engine, lane: l, membership: m, producer: l.ring.turn(), began: time.Now(), now: l.engine.config.clock(),
		overlays: make(map[*shard]*overlay), offsets: make(map[*shard]map[string]int64),
	}
	b.tx.batch = b
	return b
}

// run calls f in the transaction. When it fails, nothing of what it did remains.
func (b *batch) run(s *shard, record bus.Record, f func(*Tx) error) error {
	overlay := b.touch(s)
	b.held -= overlay.bytes
	defer func() { b.held += overlay.bytes }()
	overlay.begin()
	before := b.mark(overlay)
	tx := &b.tx
	*tx = Tx{batch: b, shard: s, overlay: overlay, record: record, scratch: tx.scratch}
	err := tx.call(f)
	if broken := tx.broken; broken != nil {
		return &brokenError{broken}
	}
	if err = errors.Join(err, tx.err); err != nil {
		b.rollback(overlay, before)
		return err
	}
	for _, output := range b.outputs {
		if !slices.Contains(b.sent, output.Topic) {
			b.sent = append(b.sent, output.Topic)
		}
		b.produce(output, b.emitted)
	}
	b.outputs = b.outputs[:0]
	return nil
}

// savepoint is a place within a call.
type savepoint struct{ writes, after, counted int }

func (b *batch) mark(o *overlay) savepoint { return savepoint{o.mark(), len(b.after), len(b.counted)} }

// rollback takes back what a call has done since the savepoint, and all that it emits.
func (b *batch) rollback(o *overlay, to savepoint) {
	o.rollback(to.writes)
	b.forget(to.after)
	b.counted, b.outputs = b.counted[:to.counted], b.outputs[:0]
}

// afterwards is called when the transaction is committed; otherwise, if there is any, when what it belongs to was taken back.
type afterwards struct{ then, otherwise func() }

// forget takes back what was to be called once the transaction is committed, but for the first ones.
func (b *batch) forget(from int) {
	for _, a := range b.after[from:] {
		if a.otherwise != nil {
			a.otherwise()
		}
	}
	b.after = b.after[:from]
}

// brokenError says that the node's own state failed.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// touch makes the shard part of the transaction: its offsets are committed, so that the broker checks its ownership.
func (b *batch) touch(s *shard) *overlay {
	o := b.overlays[s]
	if o == nil {
		o = b.lane.overlay(s)
		o.logged = func(r *kgo.Record, err error) {
			b.promise(r, err)
			if err == nil {
				o.reached.Store(r.Offset + 1)
			}
		}
		b.overlays[s] = o
		b.offsets[s] = make(map[string]int64, len(s.offsets))
	}
	return o
}

func (b *batch) produce(r *kgo.Record, promise func(*kgo.Record, error)) {
	b.produced++
	b.bytes += len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		b.bytes += len(h.Key) + len(h.Value)
	}
	b.producer.Produce(b.life, r, promise)
}

func (b *batch) promise(r *kgo.Record, err error) {
	if err != nil {
		b.failure.CompareAndSwap(nil, &produceError{topic: r.Topic, err: err}) // all others may fail for it
	}
}

// produceError is why a record could not be written.
type produceError struct {
	topic string
	err   error
}

func (e *produceError) Error() string { return "produce to " + e.topic + ": " + e.err.Error() }
func (e *produceError) Unwrap() error { return e.err }

// log produces a record of a shard's changelog; its overlay learns how far the changelog goes.
func (b *batch) log(o *overlay, key, value []byte) {
	record := b.blank()
	record.Topic, record.Partition, record.Key, record.Value = b.engine.changelog, o.shard.id, key, value
	b.produce(record, o.logged)
}

// full says whether the transaction has to end before more is added.
func (b *batch) full() bool { return b.ctx.Err() != nil || b.heavy() }

// heavy says whether it writes as much as it may.
func (b *batch) heavy() bool { return b.bytes+b.held >= maxBytes }

// commanded says whether commands have had their half of the transaction: the other one is for timers and records.
func (b *batch) commanded() bool {
	return b.bytes+b.held >= maxBytes/2 || time.Since(b.began) >= handlerBudget/2
}
