package outbox

import (
	"context"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// written is a transaction as a log holds it: its rows, and where its commit begins and ends.
type written struct {
	rows        []string
	commit, end LSN
	at          int64 // of the commit, in microseconds of Unix time
}

// TestQueuePositions reads random logs from random checkpoints on: the records after each checkpoint are those that were
// not before it, whole or in part, and no batch is larger than it may be.
func TestQueuePositions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var log []written
		var all []string
		at := LSN(1000)
		for range rapid.IntRange(1, 4).Draw(t, "transactions") {
			tx := written{commit: at + 50}
			for range rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3, 5, 7, 30, 100, 10_000, 10_001}).Draw(t, "rows") {
				tx.rows = append(tx.rows, strconv.Itoa(len(all)))
				all = append(all, tx.rows[len(tx.rows)-1])
			}
			at += 100
			tx.end = at
			log = append(log, tx)
		}
		from, done := logPosition{System: "s", Timeline: 1, End: 1000}, 0
		for sessions := 0; done < len(all); sessions++ {
			stop := rapid.IntRange(1, 4).Draw(t, "batches")
			for b := range replay(t, log, from) {
				if len(b.records) > queueRecords {
					t.Fatalf("a batch of %d records", len(b.records))
				}
				for i, record := range b.records {
					if string(record.Value) != all[done+i] {
						t.Fatalf("record %d of %d after %+v is %s instead of %s", i, len(b.records), from, record.Value, all[done+i])
					}
				}
				n := len(b.records)
				if stop--; stop == 0 && sessions < 5 { // a part of it was committed, and then the relay crashed
					n = rapid.IntRange(0, n).Draw(t, "committed")
				}
				from, done = b.at(n).Log, done+n
				if stop == 0 && sessions < 5 {
					break
				}
			}
		}
		for b := range replay(t, log, from) {
			if len(b.records) > 0 {
				t.Fatalf("%d records come again after %+v", len(b.records), from)
			}
		}
	})
}

// replay gives a reader the log from its start, and yields the batches that come of it.
func replay(t *rapid.T, log []written, from logPosition) func(func(batch) bool) {
	return func(yield func(batch) bool) {
		feed := &logFeed{relay: &Relay{}, queue: newQueue(from, pace{every: time.Hour, last: time.Now()}), stream: &stream{}}
		feed.again(from, 0)
		r := &reader{feed: feed, routers: map[uint32]*router{1: plainRouter(t)}}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		read := make(chan error, 1)
		go func() {
			defer close(read)
			for _, tx := range log {
				if err := r.begin(ctx, walBegin{commit: tx.commit, at: time.Unix(int64(tx.commit), 0)}); err != nil {
					read <- err
					return
				}
				for i, row := range tx.rows {
					if err := r.insert(ctx, message{
						kind: 'I', at: tx.commit - 40 + LSN(i)/1000,
						data: insertOf("id", "order", "k", row),
					}); err != nil {
						read <- err
						return
					}
				}
				r.open = false
				feed.queue.end(tx.end)
			}
		}()
		for finished := false; ; {
			b, ok := next(ctx, feed.queue)
			if !ok && finished {
				return
			}
			if ok && !yield(b) {
				cancel()
				<-read
				return
			}
			if !finished {
				select {
				case err := <-read:
					if finished = true; err != nil {
						t.Fatal(err)
					}
				default:
				}
			}
		}
	}
}

// plainRouter is of a table with the required columns alone.
func plainRouter(t *rapid.T) *router {
	relation := walRelation{id: 1, name: defaultTable}
	for _, name := range []string{"id", "aggregatetype", "aggregateid", "payload"} {
		relation.columns = append(relation.columns, walColumn{name: name, oid: textOID, modifier: -1, nullable: true})
	}
	recommended, err := readConnector(recommended)
	if err != nil {
		t.Fatal(err)
	}
	router, err := newRouter(relation, recommended)
	if err != nil {
		t.Fatal(err)
	}
	return router
}

// next takes a batch, and does not wait for one.
func next(ctx context.Context, q *queue) (batch, bool) {
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	b, err := q.take(ctx)
	return b, err == nil
}

// insertOf is the message of an inserted row of texts.
func insertOf(values ...string) []byte {
	data := append([]byte("I\x00\x00\x00\x01N\x00"), byte(len(values)))
	for _, value := range values {
		data = append(data, 't', 0, byte(len(value)>>16), byte(len(value)>>8), byte(len(value)))
		data = append(data, value...)
	}
	return data
}
