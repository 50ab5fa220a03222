package bus

import (
	"context"
	"sync/atomic"
)

// When as much is held as may be, and stays so for longer than the feed's patience, partitions that hold more than a
// small share are paused: what stands still there, in the retry topic above all, must not hold up the others. They have
// a quarter more for themselves then, until no more than half is held.

// share is how much one partition may hold.
type share struct{ records, bytes int }

// crowdedParts is into how many parts the whole is cut for the shares. A partition passes its share by as much again at
// worst, so that all of them together take a quarter of the whole.
const crowdedParts = 8

// may is a partition's share as of now.
func (e *engine) may() share {
	if crowded := e.crowd.Load(); crowded != nil {
		return *crowded
	}
	return share{records: max(e.sub.maxRecords/2, 1), bytes: e.sub.maxBytes / 2}
}

// enter counts what is held in memory.
func (e *engine) enter(records, bytes int) {
	e.records.Add(int64(records))
	e.bytes.Add(int64(bytes))
}

// leave counts what is done, and wakes the feed when that makes room.
func (e *engine) leave(records, bytes int) {
	if sinksBelow(&e.records, records, e.sub.maxRecords) || sinksBelow(&e.bytes, bytes, e.sub.maxBytes) {
		select {
		case e.space <- struct{}{}:
		default:
		}
	}
}

// sinksBelow takes n away and says whether the limit no longer was reached by that.
func sinksBelow(held *atomic.Int64, n, limit int) bool {
	left := held.Add(int64(-n))
	return left < int64(limit) && left+int64(n) >= int64(limit)
}

func (e *engine) full() bool {
	return e.records.Load() >= int64(e.sub.maxRecords) || e.bytes.Load() >= int64(e.sub.maxBytes)
}

func (e *engine) awaitSpace(ctx context.Context) error {
	for e.full() {
		select {
		case <-ctx.Done():
		case <-e.space:
			continue
		}
		break
	}
	return ctx.Err()
}

// room waits until records may be taken, and says how many at once.
func (e *engine) room(ctx context.Context) (int, error) {
	if e.full() && e.crowd.Load() == nil {
		limited, cancel := context.WithTimeout(ctx, patience)
		_ = e.awaitSpace(limited)
		cancel()
	}
	if e.full() && e.crowd.Load() == nil && ctx.Err() == nil {
		e.disperse()
	}
	crowded := e.crowd.Load()
	switch {
	case crowded == nil:
		return pollSize, ctx.Err()
	case e.bytes.Load() >= int64(e.sub.maxBytes):
		return 1, ctx.Err()
	}
	return min(pollSize, crowded.records), ctx.Err()
}

// disperse begins a crowd.
func (e *engine) disperse() {
	lanes := e.all()
	parts := crowdedParts * max(len(lanes), 1)
	e.crowd.Store(&share{records: max(e.sub.maxRecords/parts, 1), bytes: max(e.sub.maxBytes/parts, 1)})
	for _, lane := range lanes {
		lane.pause()
	}
}

// relax ends a crowd when no more than half is held, and lets partitions go on that may.
func (e *engine) relax() {
	if e.records.Load() <= int64(e.sub.maxRecords/2) && e.bytes.Load() <= int64(e.sub.maxBytes/2) {
		e.crowd.Store(nil)
	}
	for _, lane := range e.all() {
		lane.relax()
	}
}
