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

// batch is a run of records in log order, with the places where transactions end.
type batch struct {
	records []bus.Message
	bytes   int
	ends    []txEnd
}

// txEnd is the position that may be confirmed once the first so many records of a batch are published.
type txEnd struct {
	records int
	end     LSN
}

// confirmable is the position up to which everything is published when the first so many records are; 0 for none.
func (b batch) confirmable(published int) LSN {
	var last LSN
	for _, tx := range b.ends {
		if tx.records > published {
			break
		}
		last = tx.end
	}
	return last
}

func (b batch) empty() bool { return len(b.records) == 0 && len(b.ends) == 0 }

// queue stands between the one goroutine that reads the log and the one that publishes. What piles up while a batch is
// being published becomes the next batch.
type queue struct {
	mu      sync.Mutex
	waiting batch
	tail    int // bytes of the transaction that has not ended
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
		if !q.full() {
			q.waiting.records = append(q.waiting.records, record)
			q.waiting.bytes += size
			q.tail += size
			full := q.full()
			q.mu.Unlock()
			if full {
				signal(q.filled)
			}
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
	q.tail = 0
	at := txEnd{records: len(q.waiting.records), end: end}
	if n := len(q.waiting.ends); n > 0 && q.waiting.ends[n-1].records == at.records {
		q.waiting.ends[n-1] = at
	} else {
		q.waiting.ends = append(q.waiting.ends, at)
	}
	q.mu.Unlock()
	signal(q.filled)
}

func (q *queue) full() bool {
	return len(q.waiting.records) >= queueRecords || q.waiting.bytes >= queueBytes
}

// take waits for a batch and returns the whole transactions that are there, or a part of one that fills the queue.
// The batch is on its way until done is called.
func (q *queue) take(ctx context.Context) (batch, error) {
	for {
		q.mu.Lock()
		if n := len(q.waiting.ends); n > 0 || q.full() {
			taken, rest := q.waiting, batch{}
			if n > 0 {
				cut := taken.ends[n-1].records
				rest = batch{records: taken.records[cut:], bytes: q.tail}
				taken.records = taken.records[:cut:cut]
			} else {
				q.tail = 0
			}
			q.waiting, q.busy = rest, true
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
	return !q.busy && q.waiting.empty()
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
