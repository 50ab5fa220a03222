package bus

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// lane is one partition while it is ours: its records queue by key, run in parallel across keys, and finish into the
// tracker. A closed lane starts nothing more.
type lane struct {
	engine    *engine
	topic     string
	partition int32
	ctx       context.Context //nolint:containedctx // the life of the lane's handlers
	cancel    context.CancelCauseFunc

	mu        sync.Mutex
	keys      map[string]*keyQueue
	tracker   *tracker
	committed int64
	queued    int
	running   int
	highWater int64
	paused    bool
	closed    bool
	sealed    bool
	idle      chan struct{}
}

// keyQueue holds the records of one key in order. It stands in its lane's map while it has any.
type keyQueue struct {
	lane    *lane
	key     string
	pending []*delivery
}

// delivery is one record on its way through a handler.
type delivery struct {
	record  Record
	entry   int
	attempt int
	left    bool
}

func (d *delivery) size() int { return len(d.record.Key) + len(d.record.Value) + 256 }

func newLane(ctx context.Context, e *engine, topic string, partition int32) *lane {
	ctx, cancel := context.WithCancelCause(ctx)
	return &lane{
		engine: e, topic: topic, partition: partition, ctx: ctx, cancel: cancel,
		keys: make(map[string]*keyQueue), committed: -1, idle: make(chan struct{}, 1),
	}
}

// take queues polled records and says whether the partition must pause.
func (l *lane) take(records []*kgo.Record, highWater int64) (pause bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.highWater = highWater
	if l.closed || len(records) == 0 {
		return false
	}
	if l.tracker == nil {
		l.tracker = newTracker(records[0].Offset)
	}
	for _, raw := range records {
		entry := l.tracker.add(raw.Offset)
		if !l.engine.wants(raw) {
			l.tracker.done(entry)
			continue
		}
		d := &delivery{record: l.engine.bus.received(raw), entry: entry}
		l.engine.enter(d)
		l.queued++
		l.enqueue(d)
	}
	pause = !l.paused && l.queued >= l.engine.sub.laneLimit
	l.paused = l.paused || pause
	return pause
}

func (l *lane) enqueue(d *delivery) {
	key := string(d.record.Key)
	if d.record.Key == nil {
		key = "\x00" + strconv.FormatInt(d.record.Offset, 10)
	}
	queue, active := l.keys[key]
	if !active {
		queue = &keyQueue{lane: l, key: key}
		l.keys[key] = queue
	}
	queue.pending = append(queue.pending, d)
	if !active {
		l.engine.ready <- queue
	}
}

const keyTurn = 64

// run executes the queue's records until it is empty, must wait, or has had its turn.
func (q *keyQueue) run() {
	l := q.lane
	for range keyTurn {
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			return
		}
		d := q.pending[0]
		l.running++
		l.mu.Unlock()

		wait, finished := l.engine.execute(l.ctx, d)

		l.mu.Lock()
		l.running--
		if l.closed {
			if finished && !l.sealed {
				l.finish(d)
			}
			l.signalIdle()
			l.mu.Unlock()
			return
		}
		if !finished {
			l.mu.Unlock()
			l.engine.after(wait, q)
			return
		}
		l.finish(d)
		q.pending = q.pending[1:]
		empty := len(q.pending) == 0
		if empty {
			delete(l.keys, q.key)
		}
		resume := l.paused && l.queued <= l.engine.sub.laneLimit/2
		l.paused = l.paused && !resume
		l.mu.Unlock()
		if resume {
			l.engine.source.resume(l.topic, l.partition)
		}
		if empty {
			return
		}
	}
	l.engine.ready <- q
}

func (l *lane) finish(d *delivery) {
	l.tracker.done(d.entry)
	l.queued--
	l.engine.leave(d)
}

func (l *lane) signalIdle() {
	if l.running == 0 {
		select {
		case l.idle <- struct{}{}:
		default:
		}
	}
}

// close lets what runs finish within the limit, cancels it after that, and drops what has not begun. The committable
// offset stands still from then on.
func (l *lane) close(limit time.Duration) {
	l.mu.Lock()
	l.closed = true
	running := l.running
	l.mu.Unlock()
	if running > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case <-l.idle:
		case <-timer.C:
			l.cancel(ErrDrained)
			l.awaitCancelled()
		case <-l.ctx.Done():
			l.awaitCancelled()
		}
	}
	l.cancel(ErrDrained)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sealed = true
	for _, queue := range l.keys {
		for _, d := range queue.pending {
			l.engine.leave(d)
		}
	}
}

const cancelGrace = time.Second

// awaitCancelled gives handlers whose context has ended a moment to return.
func (l *lane) awaitCancelled() {
	timer := time.NewTimer(cancelGrace)
	defer timer.Stop()
	select {
	case <-l.idle:
	case <-timer.C:
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
