package bus

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
)

// lane is one partition while it is ours: its records queue by key, run in parallel across keys, and finish into the
// tracker. A closed lane starts nothing more.
type lane struct {
	engine    *engine
	topic     string
	partition int32
	own       bool            // all that stands in the group's own topic has to be handled
	ctx       context.Context //nolint:containedctx // the life of the lane's handlers
	cancel    context.CancelCauseFunc
	seed      maphash.Seed
	running   atomic.Int64
	closed    atomic.Bool // set under the lock

	mu        sync.Mutex
	keys      map[uint64]*keyQueue // by hash: two keys of one hash would share a queue, and stay in order
	spare     []*keyQueue
	tracker   *tracker
	committed int64
	queued    int
	bytes     int
	highWater int64
	paused    bool
	slow      bool
	sinking   chan struct{}
	sealed    bool
	idle      chan struct{}
}

const (
	deliveriesAtOnce = 64
	spareKeys        = 1024
)

func newLane(ctx context.Context, e *engine, topic string, partition int32) *lane {
	ctx, cancel := context.WithCancelCause(ctx)
	return &lane{
		engine: e, topic: topic, partition: partition, own: topic == string(retryTopic(e.sub.group)),
		ctx: ctx, cancel: cancel, seed: maphash.MakeSeed(), keys: make(map[uint64]*keyQueue),
		committed: -1, idle: make(chan struct{}, 1),
	}
}

// take queues polled records.
func (l *lane) take(records []*kgo.Record, highWater int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.highWater = highWater
	if l.closed.Load() || len(records) == 0 {
		return
	}
	if l.tracker == nil {
		l.tracker = newTracker(records[0].Offset)
	}
	var began []*keyQueue
	var room []delivery
	queued, bytes := l.queued, l.bytes
	for i, raw := range records {
		if raw.Attrs.IsControl() {
			l.tracker.done(l.tracker.add(raw.Offset))
			continue
		}
		if len(room) == 0 {
			room = make([]delivery, min(deliveriesAtOnce, len(records)-i))
		}
		d := &room[0]
		d.record, d.entry, d.looked = l.engine.bus.Received(raw), l.tracker.add(raw.Offset), false
		if l.engine.look(d); d.handler == nil && !l.own {
			l.tracker.done(d.entry)
			continue
		}
		room = room[1:]
		l.queued++
		l.bytes += d.size()
		if queue, first := l.enqueue(d); first {
			began = append(began, queue)
		}
	}
	l.engine.enter(l.queued-queued, l.bytes-bytes)
	l.engine.ready.push(began...)
}

// enqueue puts a record behind those of its key, and says whether it is the first. A record without a key stands for itself.
func (l *lane) enqueue(d *delivery) (queue *keyQueue, first bool) {
	keyed := d.record.Key != nil
	var hash uint64
	if keyed {
		hash = maphash.Bytes(l.seed, d.record.Key)
		queue = l.keys[hash]
	}
	if first = queue == nil; first {
		if last := len(l.spare) - 1; last >= 0 {
			queue, l.spare = l.spare[last], l.spare[:last]
		} else {
			queue = &keyQueue{lane: l}
		}
		queue.hash, queue.keyed = hash, keyed
		if keyed {
			l.keys[hash] = queue
		}
	}
	queue.add(d)
	return queue, first
}

// begin returns the queue's next record, nil when the lane is closed. It takes no lock: the queue is its worker's alone,
// and has a first record until end takes it away.
func (l *lane) begin(q *keyQueue) *delivery {
	l.running.Add(1)
	if l.closed.Load() {
		l.running.Add(-1)
		l.signalIdle()
		return nil
	}
	return q.first
}

// end notes how an attempt ended, and says whether the queue has anything left to do.
func (l *lane) end(q *keyQueue, d *delivery, finished bool) (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running.Add(-1)
	if l.closed.Load() {
		if finished && !l.sealed {
			l.finish(d)
		}
		l.signalIdle()
		return false
	}
	if !finished {
		return true
	}
	l.finish(d)
	empty := q.pop()
	if empty {
		l.retire(q)
	}
	l.sink()
	return !empty
}

func (l *lane) retire(q *keyQueue) {
	if q.keyed {
		delete(l.keys, q.hash)
	}
	if len(l.spare) < spareKeys {
		l.spare = append(l.spare, q)
	}
}

func (l *lane) finish(d *delivery) {
	l.tracker.done(d.entry)
	l.queued--
	l.bytes -= d.size()
	l.engine.leave(1, d.size())
}

func (l *lane) signalIdle() {
	if l.running.Load() == 0 {
		select {
		case l.idle <- struct{}{}:
		default:
		}
	}
}

// commit returns the offset to commit, if there is a new one.
func (l *lane) commit() (offset int64, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tracker == nil || l.tracker.committable() == l.committed {
		return 0, false
	}
	return l.tracker.committable(), true
}

func (l *lane) wasCommitted(offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.committed = max(l.committed, offset)
}
