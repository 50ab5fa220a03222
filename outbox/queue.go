package outbox

import (
	"context"
	"sync"

	"github.com/millrace/millrace/bus"
)

// What a relay holds in memory at most: these records wait while as many again are being published. One row more may
// come on top, whatever its size.
const (
	queueRecords = 10_000
	queueBytes   = 8 << 20
)

// batch is a run of records in log order. end is the position that may be confirmed once they are published, 0 where
// no transaction ends within the batch.
type batch struct {
	records []bus.Message
	bytes   int
	end     LSN
}

// queue stands between the one goroutine that reads the log and the one that publishes. What piles up while a batch is
// being published becomes the next batch.
type queue struct {
	mu      sync.Mutex
	waiting batch
	busy    bool
	filled  chan struct{}
	emptied chan struct{}
}

func newQueue() *queue {
	return &queue{filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1)}
}

// add waits for room, and the server with it.
func (q *queue) add(ctx context.Context, record bus.Message, size int) error {
	for {
		q.mu.Lock()
		if len(q.waiting.records) < queueRecords && q.waiting.bytes < queueBytes {
			q.waiting.records = append(q.waiting.records, record)
			q.waiting.bytes += size
			q.mu.Unlock()
			signal(q.filled)
			return nil
		}
		q.mu.Unlock()
		select {
		case <-q.emptied:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// commit says that everything before end was added.
func (q *queue) commit(end LSN) {
	q.mu.Lock()
	q.waiting.end = max(q.waiting.end, end)
	q.mu.Unlock()
	signal(q.filled)
}

// take waits for a batch and returns all that is there. The batch is on its way until done is called.
func (q *queue) take(ctx context.Context) (batch, error) {
	for {
		q.mu.Lock()
		taken := q.waiting
		if len(taken.records) > 0 || taken.end > 0 {
			q.waiting, q.busy = batch{}, true
			q.mu.Unlock()
			signal(q.emptied)
			return taken, nil
		}
		q.mu.Unlock()
		select {
		case <-q.filled:
		case <-ctx.Done():
			return batch{}, context.Cause(ctx)
		}
	}
}

// done says that the taken batch was published and its end confirmed.
func (q *queue) done() {
	q.mu.Lock()
	q.busy = false
	q.mu.Unlock()
}

// idle says that nothing waits and nothing is on its way.
func (q *queue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.busy && len(q.waiting.records) == 0 && q.waiting.end == 0
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
