package bus

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

// engine runs one subscription: a source feeds lanes, workers run the lanes' keys, a committer stores what is done.
type engine struct {
	bus    *Bus
	sub    *subscription
	meters *subscriptionMeters
	source source
	ready  *ready
	life   context.Context //nolint:containedctx // the life of all handlers, which outlives Subscribe's own context by the drain

	mu      sync.Mutex
	lanes   map[string]map[int32]*lane
	records atomic.Int64
	bytes   atomic.Int64
	space   chan struct{}
	crowd   atomic.Pointer[share] // nil while there is none
	commits sync.Mutex

	suspected chan struct{}
}

// source is where the engine's records come from, and where its commits go.
type source interface {
	// poll waits for records, atOnce of them at most. Until release no partition is taken away.
	poll(ctx context.Context, atOnce int) kgo.Fetches
	release()
	pause(topic string, partition int32)
	resume(topic string, partition int32)
	commit(ctx context.Context, offsets map[string]map[int32]kgo.EpochOffset) error
	// close leaves; partitions that are still held are given back through the engine.
	close(ctx context.Context)
}

const (
	pollSize     = 1_000
	leaveTimeout = 10 * time.Second
)

func (b *Bus) consume(ctx context.Context, s *subscription) error {
	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	e := &engine{
		bus: b, sub: s, life: life, lanes: make(map[string]map[int32]*lane), space: make(chan struct{}, 1),
		ready: newReady(s.concurrency), suspected: make(chan struct{}, 1),
	}
	var err error
	if e.meters, err = newSubscriptionMeters(e); err != nil {
		return err
	}
	defer e.meters.close()
	if e.source, err = e.open(ctx); err != nil {
		return err
	}
	var workers sync.WaitGroup
	for range s.concurrency {
		workers.Go(e.work)
	}
	running, ctx := errgroup.WithContext(ctx)
	running.Go(func() error { return e.feed(ctx) })
	running.Go(func() error { e.commitLoop(ctx); return nil })
	running.Go(func() error { return e.watchTopics(ctx) })
	err = running.Wait()

	leaving, cancel := context.WithTimeout(life, s.drain+leaveTimeout)
	defer cancel()
	e.revoke(leaving, e.held())
	e.source.close(leaving)
	end(ErrDrained)
	workers.Wait()
	return err //nolint:wrapcheck // wrapped where it came from
}

// work runs keys until the engine's life ends.
func (e *engine) work() {
	for {
		if queue := e.ready.pop(); queue != nil {
			queue.run()
			continue
		}
		select {
		case <-e.life.Done():
			return
		case <-e.ready.wake:
		}
	}
}

// feed moves records from the source to the lanes and waits while too much is held.
func (e *engine) feed(ctx context.Context) error {
	for {
		atOnce, err := e.room(ctx)
		if err != nil {
			return nil //nolint:nilerr // the end of ctx is how a subscription stops
		}
		fetches := e.source.poll(ctx, atOnce)
		if ctx.Err() != nil {
			e.source.release()
			return nil //nolint:nilerr // the end of ctx is how a subscription stops
		}
		err = e.bus.failure(ctx, fetches)
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if lane := e.lane(p.Topic, p.Partition); lane != nil {
				lane.take(p.Records, p.HighWatermark)
				lane.limit(ctx)
			}
		})
		e.source.release()
		if err != nil {
			return err
		}
	}
}

func (e *engine) lane(topic string, partition int32) *lane {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lanes[topic][partition]
}

// assign makes lanes for partitions that are ours now.
func (e *engine) assign(partitions map[string][]int32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for topic, numbers := range partitions {
		if e.lanes[topic] == nil {
			e.lanes[topic] = make(map[int32]*lane)
		}
		for _, number := range numbers {
			e.lanes[topic][number] = newLane(e.life, e, topic, number)
		}
	}
}

// revoke finishes what runs on the partitions, commits it and gives them up.
func (e *engine) revoke(ctx context.Context, partitions map[string][]int32) {
	lanes := e.remove(partitions)
	var closing sync.WaitGroup
	for _, lane := range lanes {
		closing.Go(func() { lane.close(e.sub.drain) })
	}
	closing.Wait()
	e.commit(ctx, func() []*lane { return lanes })
}

// lose gives up partitions that are no longer ours: nothing of them can be committed.
func (e *engine) lose(partitions map[string][]int32) {
	for _, lane := range e.remove(partitions) {
		lane.cancel(ErrDrained)
		lane.close(0)
	}
}

func (e *engine) remove(partitions map[string][]int32) []*lane {
	e.mu.Lock()
	defer e.mu.Unlock()
	var removed []*lane
	for topic, numbers := range partitions {
		for _, number := range numbers {
			if lane := e.lanes[topic][number]; lane != nil {
				removed = append(removed, lane)
				delete(e.lanes[topic], number)
			}
		}
	}
	return removed
}

func (e *engine) held() map[string][]int32 {
	held := make(map[string][]int32)
	for _, lane := range e.all() {
		held[lane.topic] = append(held[lane.topic], lane.partition)
	}
	return held
}

func (e *engine) all() []*lane {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []*lane
	for _, lanes := range e.lanes {
		for _, lane := range lanes {
			all = append(all, lane)
		}
	}
	return all
}
