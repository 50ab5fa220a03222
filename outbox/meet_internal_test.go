package outbox

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestCopiesPart reads random logs up to anywhere, and again from any place that a slot may have confirmed: in the same
// log, or in one that parted from it anywhere. The same log is never taken for another one. Of another one either every
// row that it has after they parted is queued, or none is and nothing is confirmed.
func TestCopiesPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := history{end: 1000}
		first.grow(t, rapid.IntRange(1, 6).Draw(t, "transactions"), 0)
		from := first.read(t)
		if rapid.Bool().Draw(t, "the same") {
			first.grow(t, rapid.IntRange(0, 3).Draw(t, "more"), 0)
			first.resumes(t, from, len(first.log))
			return
		}
		kept := rapid.IntRange(0, len(first.log)-1).Draw(t, "kept")
		other := history{end: 1000, log: first.log[:kept:kept]}
		if kept > 0 {
			other.end = other.log[kept-1].end
		}
		for from.beyond(other.end) || rapid.Bool().Draw(t, "more") {
			other.grow(t, 1, 7)
		}
		other.resumes(t, from, kept)
	})
}

// history is a server's log, and its end.
type history struct {
	log []written
	end LSN
}

// grow adds transactions, at times that no other log has, and what is none.
func (h *history) grow(t *rapid.T, n int, of int64) {
	for range n {
		h.end += LSN(100 * rapid.IntRange(0, 2).Draw(t, "idle"))
		tx := written{commit: h.end + LSN(50*rapid.IntRange(0, 1).Draw(t, "long")), end: h.end + 100, at: int64(h.end)*1000 + of}
		for row := range rapid.IntRange(0, 3).Draw(t, "rows") {
			tx.rows = append(tx.rows, strconv.Itoa(row))
		}
		h.log, h.end = append(h.log, tx), tx.end
	}
	h.end += LSN(100 * rapid.IntRange(0, 2).Draw(t, "idle"))
}

// read is a checkpoint of a relay that has read some of the log.
func (h *history) read(t *rapid.T) logPosition {
	start := logPosition{System: "s", Timeline: 1, End: 1000, Last: 1000}
	feed := &logFeed{relay: &Relay{}, queue: newQueue(start, pace{}), stream: &stream{}}
	feed.again(start, 1000)
	if err := h.feed(t, feed, rapid.IntRange(0, len(h.log)).Draw(t, "read"), 1000); err != nil {
		t.Fatal(err)
	}
	b, ok := next(t.Context(), feed.queue)
	if !ok {
		return start
	}
	at := b.at(rapid.IntRange(0, len(b.records)).Draw(t, "published")).Log
	if idle, ok := next(t.Context(), feed.queue); ok && at == b.end().Log && rapid.Bool().Draw(t, "idle read") {
		at = idle.end().Log
	}
	return at
}

// resumes lets a relay go on at the checkpoint. The log is the one that it is of up to the nth transaction.
func (h *history) resumes(t *rapid.T, from logPosition, n int) {
	confirmed := LSN(1000)
	if before := rapid.IntRange(0, n).Draw(t, "confirmed"); before > 0 {
		confirmed = h.log[before-1].end
	}
	confirmed = min(confirmed, from.End)
	feed := &logFeed{relay: &Relay{}, queue: newQueue(from, pace{every: time.Hour, last: time.Now()}), stream: &stream{}}
	feed.again(from, confirmed)
	err := h.feed(t, feed, len(h.log), confirmed)
	queued := len(feed.queue.waiting.records)
	if gap := (&GapError{}); errors.As(err, &gap) {
		if n == len(h.log) || queued > 0 || feed.stream.confirmed.Load() > 0 {
			t.Fatalf("%v, when %d records were queued and %d was confirmed, of %d transactions %d of the same log", err, queued,
				feed.stream.confirmed.Load(), len(h.log), n)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for i, tx := range h.log {
		switch {
		case i >= n || tx.commit >= from.End && tx.commit != from.Commit:
			want += len(tx.rows)
		case tx.commit == from.Commit:
			want += len(tx.rows) - from.Changes
		}
	}
	if queued != want || feed.holds.Load() {
		t.Fatalf("%d rows are queued after %+v, want %d; held: %v", queued, from, want, feed.holds.Load())
	}
}

// feed gives a reader what a server sends of the first transactions after a position, and where its log ends.
func (h *history) feed(t *rapid.T, feed *logFeed, transactions int, from LSN) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := &reader{feed: feed, routers: map[uint32]*router{1: plainRouter(t)}}
	for i, tx := range h.log[:transactions] {
		if tx.commit < from {
			continue
		}
		if err := r.begin(ctx, walBegin{commit: tx.commit, at: time.UnixMicro(tx.at)}); err != nil {
			return err
		}
		for n, row := range tx.rows {
			if err := r.insert(ctx, message{kind: 'I', at: tx.commit - 40 + LSN(n), data: insertOf("id", "order", "k", row)}); err != nil {
				return err
			}
		}
		r.open = false
		feed.queue.end(tx.end)
		end := h.end
		if i+1 < len(h.log) {
			end = max(tx.end, h.log[i+1].commit-50)
		}
		if err := r.take(ctx, message{kind: 'k', at: end}); err != nil {
			return err
		}
	}
	if transactions < len(h.log) {
		return nil
	}
	return r.take(ctx, message{kind: 'k', at: h.end})
}

// TestLogEndsTooSoon has a server whose log ends before what was read, or within the transaction that is published in part.
func TestLogEndsTooSoon(t *testing.T) {
	t.Parallel()
	stored := logPosition{System: "s", Timeline: 1, End: 1000, Commit: 2000, Changes: 5, Last: 2000, LastAt: 1}
	for end, want := range map[LSN]bool{999: true, 1000: true, 2000: true, 2008: false} {
		gap, err := (&logFeed{}).compare(t.Context(), stored, identity{system: "s", timeline: 1, end: end})
		if err != nil || (gap != "") != want {
			t.Errorf("of a log that ends at %s: %q, %v", end, gap, err)
		}
	}
}
