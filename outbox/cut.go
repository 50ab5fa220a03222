package outbox

import (
	"slices"
	"time"
)

// pace is how often a position is written while there is nothing to publish: after every, or sooner where the log has
// grown by much, and soonest where the server waits to hear it.
type pace struct {
	every, sooner, soonest time.Duration
	much                   LSN
	last                   time.Time
}

// rest is how long to wait before another position is written, 0 for not any more.
func (p *pace) rest(now time.Time, grown LSN, urgent bool) time.Duration {
	after := p.every
	switch {
	case urgent:
		after = p.soonest
	case grown >= p.much:
		after = p.sooner
	}
	return max(p.last.Add(after).Sub(now), 0)
}

// cut takes a batch from what waits, or says how long to wait for a position to be written. It is called with the lock held.
func (q *queue) cut() (b batch, ok bool, wait time.Duration) {
	switch n := len(q.waiting.ends); {
	case n > 0:
		return q.split(q.waiting.ends[n-1].records), true, 0
	case q.full(), q.failed != nil && len(q.waiting.records) > 0:
		return q.split(len(q.waiting.records)), true, 0
	}
	now := time.Now()
	if len(q.waiting.records) > 0 || q.taken.Commit != 0 || q.reached <= q.taken.End {
		return b, false, q.idle.every
	}
	if wait = q.idle.rest(now, q.reached-q.taken.End, q.asked); wait > 0 {
		return b, false, wait
	}
	q.idle.last, q.asked = now, false
	q.taken = q.taken.whole(q.reached)
	at := checkpoint{Log: q.taken}
	return batch{at: func(int) checkpoint { return at }}, true, 0
}

// split takes the first records and leaves the rest, the beginning of a transaction that has not ended.
func (q *queue) split(records int) batch {
	taken, from := q.waiting, q.taken
	q.waiting = run{
		records: slices.Clone(taken.records[records:]), places: slices.Clone(taken.places[records:]), bytes: q.tail, oldest: q.began,
	}
	if len(taken.ends) == 0 {
		q.tail, q.waiting.bytes = 0, 0
	}
	taken.records, taken.places = taken.records[:records:records], taken.places[:records:records]
	q.busy, q.idle.last = taken.oldest, time.Now()
	b := batch{records: taken.records, at: func(n int) checkpoint { return checkpoint{Log: taken.position(from, n)} }}
	q.taken = b.end().Log
	return b
}

// position is the log's when the first n records are published, and everything before from.
func (r run) position(from logPosition, n int) logPosition {
	at, ended := from, 0
	if n > 0 {
		last := r.places[n-1]
		at.Last, at.LastAt = last.commit, last.at
	}
	for _, tx := range r.ends {
		if tx.records > n {
			break
		}
		at, ended = at.whole(tx.end), tx.records
	}
	if n > ended {
		last := r.places[n-1]
		at.Commit, at.Changes, at.Change = last.commit, last.n, last.change
	}
	return at
}
