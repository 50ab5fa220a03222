package outbox

import (
	"context"
	"time"
)

// reasonParted: a copy of a server's disk that runs on writes another log, on the same timeline. What was published of
// the first one is not in it, and its positions belong to other transactions. Such a copy has the slot as it was then,
// which had not confirmed what was committed later.
const reasonParted = "the transaction that was published last is not in the server's log, as after a restore from an older copy of its disk"

// meet checks that the log has the last transaction of which something is published. It comes first, where the slot has
// not confirmed it.
func (r *reader) meet(ctx context.Context, commit LSN, at time.Time) error {
	from := r.feed.from
	switch {
	case !r.feed.meets.Load() || commit < from.Last:
		return nil
	case commit == from.Last && at.UnixMicro() == from.LastAt:
		r.feed.meets.Store(false)
		return r.feed.committed(ctx, checkpoint{Log: from})
	}
	return r.feed.part()
}

// passed checks, where no transaction is open, that the last one that is published was not passed over.
func (r *reader) passed(to LSN) error {
	if r.feed.meets.Load() && to > r.feed.from.Last {
		return r.feed.part()
	}
	return nil
}

// part remembers that the logs differ, for the relay may be told to go on.
func (l *logFeed) part() error {
	l.relay.mu.Lock()
	l.relay.parted = l.from.End
	l.relay.mu.Unlock()
	return &GapError{Slot: l.relay.slot, After: l.from.End, Reason: reasonParted}
}

func (r *Relay) hasParted(end LSN) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.parted == end && end != 0
}
