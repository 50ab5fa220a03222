package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
)

// What a relay holds in memory at most: these records wait while as many again are being published. One row more may
// come on top, whatever its size. More than 10,000 messages are not taken by one call of a group.
const (
	queueRecords = 10_000
	queueBytes   = 4 << 20
)

// queue stands between the one goroutine that reads the log and the one that publishes. What piles up while a batch is
// being published becomes the next batch.
type queue struct {
	idle pace

	mu      sync.Mutex
	waiting run
	taken   logPosition // where the last batch ends
	commit  LSN         // of the transaction that is being read
	began   time.Time   // when that one committed
	tail    int         // bytes of it
	reached LSN         // nothing before it is still to come, when nothing waits
	filled  chan struct{}
	emptied chan struct{}
	busy    time.Time // commit of the oldest transaction on its way, zero for none
	asked   bool      // the server waits for a position
	failed  error     // why nothing comes after what waits
}

// run is a run of records in log order, with where each stands and where transactions end.
type run struct {
	records []bus.Record
	places  []standing
	ends    []txEnd
	bytes   int
	oldest  time.Time
}

// standing is where a record stands: the nth change of a transaction, at a position.
type standing struct {
	commit, change LSN
	at             int64 // of the commit, in microseconds of Unix time
	n              int
}

// txEnd is the position that is reached with the first so many records.
type txEnd struct {
	records int
	end     LSN
}

func newQueue(from logPosition, idle pace) *queue {
	return &queue{idle: idle, taken: from, filled: make(chan struct{}, 1), emptied: make(chan struct{}, 1)}
}

// begin says that the changes of a transaction follow.
func (q *queue) begin(commit LSN, at time.Time) {
	q.mu.Lock()
	q.commit, q.began = commit, at
	q.mu.Unlock()
}

// add waits for room, and the server with it.
func (q *queue) add(ctx context.Context, record bus.Record, size, n int, change LSN) error {
	for {
		q.mu.Lock()
		if !q.full() {
			if len(q.waiting.records) == 0 {
				q.waiting.oldest = q.began
			}
			q.waiting.records = append(q.waiting.records, record)
			q.waiting.places = append(q.waiting.places, standing{commit: q.commit, change: change, at: q.began.UnixMicro(), n: n})
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

// end says that everything before it was added.
func (q *queue) end(end LSN) {
	q.mu.Lock()
	q.tail, q.reached = 0, max(q.reached, end)
	if n := len(q.waiting.records); n > 0 || q.taken.Commit == q.commit {
		if e := len(q.waiting.ends); e > 0 && q.waiting.ends[e-1].records == n {
			e--
			q.waiting.ends = q.waiting.ends[:e]
		}
		q.waiting.ends = append(q.waiting.ends, txEnd{records: n, end: end})
	}
	q.mu.Unlock()
	signal(q.filled)
}

// fail says that no more can be read: take returns err when it has returned all that there is.
func (q *queue) fail(err error) {
	q.mu.Lock()
	q.failed = err
	q.mu.Unlock()
	signal(q.filled)
}

// pass says that no transaction is open and nothing of those before end is still to come; urgent, that the server waits
// to hear it.
func (q *queue) pass(end LSN, urgent bool) {
	q.mu.Lock()
	q.reached = max(q.reached, end)
	q.asked = q.asked || urgent
	soon := urgent || q.reached-q.taken.End >= q.idle.much
	q.mu.Unlock()
	if soon {
		signal(q.filled)
	}
}

func (q *queue) full() bool {
	return len(q.waiting.records) >= queueRecords || q.waiting.bytes >= queueBytes
}

// take waits for a batch: the whole transactions that are there, or a part of one that fills the queue, or a position
// that is to be written although nothing came of it.
func (q *queue) take(ctx context.Context) (batch, error) {
	for {
		q.mu.Lock()
		q.busy = time.Time{}
		b, ok, wait := q.cut()
		failed := q.failed
		q.mu.Unlock()
		if ok {
			signal(q.emptied)
			return b, nil
		}
		if failed != nil {
			return batch{}, failed
		}
		timer := time.NewTimer(wait)
		select {
		case <-q.filled:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return batch{}, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// lag is since when the oldest transaction waits that is not published; false for none.
func (q *queue) lag() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.busy.IsZero() {
		return q.busy, true
	}
	return q.waiting.oldest, len(q.waiting.records) > 0
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
