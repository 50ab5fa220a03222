package bus

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// shareQueue handles the events that a share group lends to this process. It takes more only when a handler is free and
// none waits, so that it keeps no event from another process for long.
type shareQueue struct {
	*engine
	client  *kgo.Client
	counts  *shareCounts
	often   int32
	workers sync.WaitGroup

	mu      sync.Mutex
	lent    map[*borrowed]struct{}
	ready   []*borrowed
	running int
	closed  bool
	changed chan struct{}
}

// spareDeliveries is how often an event may still be delivered when it is moved to the retry topic.
const spareDeliveries = 2

var errUnanswered = errors.New("it was delivered before without an answer: its process stopped, died or lost its connection")

func (b *Bus) borrow(ctx context.Context, s *subscription, limit int) error {
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	q := &shareQueue{
		engine: &engine{bus: b, sub: s, life: life, space: make(chan struct{}, 1)},
		often:  int32(max(limit-spareDeliveries, 2)), //nolint:gosec,mnd // 2 to 10; the first delivery is none too many
		lent:   make(map[*borrowed]struct{}), changed: make(chan struct{}, 1),
	}
	var err error
	if q.meters, err = newSubscriptionMeters(q.engine); err != nil {
		return err
	}
	defer q.meters.close()
	if q.counts, err = newShareCounts(b, s); err != nil {
		return err
	}
	if q.client, err = q.join(ctx); err != nil {
		return err
	}
	var renewing sync.WaitGroup
	renewing.Go(q.renew)
	err = q.feed(ctx)
	q.drain(end) //nolint:contextcheck // ctx has ended
	renewing.Wait()
	return err
}

// feed takes events while a handler is free for them.
func (q *shareQueue) feed(ctx context.Context) error {
	for {
		if q.awaitSpace(ctx) != nil || q.awaitFree(ctx) != nil {
			return nil //nolint:nilerr // the end of ctx is how a subscription stops
		}
		fetches := q.client.PollFetches(ctx)
		q.take(fetches)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how a subscription stops
		}
		if err := q.bus.failure(ctx, fetches); err != nil {
			return err
		}
	}
}

func (q *shareQueue) take(fetches kgo.Fetches) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for records := fetches.RecordIter(); !records.Done(); {
		raw := records.Next()
		reveal(raw)
		if !q.wants(raw) {
			raw.Ack(kgo.AckAccept)
			continue
		}
		b := borrow(raw, q.bus.Received(raw))
		q.enter(1, b.size())
		q.lent[b] = struct{}{}
		q.ready = append(q.ready, b)
	}
	q.start()
}

// start hands what is ready to free workers; the lock is held.
func (q *shareQueue) start() {
	for len(q.ready) > 0 && q.running < q.sub.concurrency && !q.closed {
		b := q.ready[0]
		q.ready = q.ready[1:]
		b.running = true
		q.running++
		q.workers.Go(func() { q.run(b) })
	}
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// run makes one attempt at an event, which is accepted when it was handled or is safe elsewhere.
func (q *shareQueue) run(b *borrowed) {
	wait, finished := q.try(b)
	q.mu.Lock()
	defer q.mu.Unlock()
	b.running = false
	q.running--
	switch {
	case finished:
		q.answer(b, kgo.AckAccept)
	case q.closed:
		q.answer(b, kgo.AckRelease)
	default:
		time.AfterFunc(wait, func() { q.again(b) })
	}
	q.start()
}

func (q *shareQueue) try(b *borrowed) (wait time.Duration, finished bool) {
	count := b.raw.DeliveryCount()
	if count > 1 && b.attempt == 0 {
		q.counts.delivered(q.life, b.record.Type())
	}
	if count >= q.often {
		return q.store(q.life, b.delivery, laterRecord(q.sub.group, b.delivery, placeOf(b.record), 0, errUnanswered), "retry later", errUnanswered)
	}
	return q.execute(q.life, b.delivery)
}

// again makes the next attempt due.
func (q *shareQueue) again(b *borrowed) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, held := q.lent[b]; held {
		q.ready = append(q.ready, b)
		q.start()
	}
}

// answer acknowledges an event once and forgets it; the lock is held.
func (q *shareQueue) answer(b *borrowed, status kgo.AckStatus) {
	if _, held := q.lent[b]; held {
		b.raw.Ack(status)
		delete(q.lent, b)
		q.leave(1, b.size())
	}
}

// awaitFree returns when a handler is free and no event waits for one.
func (q *shareQueue) awaitFree(ctx context.Context) error {
	for {
		q.mu.Lock()
		free := len(q.ready) == 0 && q.running < q.sub.concurrency
		q.mu.Unlock()
		if free {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.changed:
		}
	}
}
