package outbox

import (
	"context"
	"time"
)

// A copy of a server's disk that runs on writes another log, on the same timeline. What the first one wrote since is not
// in it, and its positions belong to other transactions. Such a copy has the slot as it was then, which had not confirmed
// what was committed later. So the log is read from there on, and compared with what was read before.
const (
	reasonUnmet = "the transaction that was published last is not in the server's log, as after a restore from an older copy of its disk"
	reasonOdd   = "there are rows in the server's log where there were none to publish, as after a restore from an older copy of its disk, " +
		"or where a relay died and the next one is given another connector or outbox.LogOnly"
)

// again begins where the slot stands, which may be before what was read already.
func (l *logFeed) again(stored logPosition, confirmed LSN) {
	l.from = stored
	l.meets = stored.LastAt != 0 && confirmed <= stored.Last
	l.holds.Store(l.meets || confirmed < stored.End)
}

// oddAt says whether a transaction that commits there should have nothing to be published: the log was read there, and
// nothing was published of it.
func (p logPosition) oddAt(commit LSN) bool {
	if commit >= p.End {
		return commit < p.Last
	}
	return commit > p.Last || commit == p.Last && p.LastAt == 0
}

// meet checks that the log has the last transaction of which something is published. It comes first, where the slot has
// not confirmed it.
func (r *reader) meet(ctx context.Context, commit LSN, at time.Time) error {
	from := r.feed.from
	if r.feed.meets && commit >= from.Last {
		if commit > from.Last || at.UnixMicro() != from.LastAt {
			return r.feed.part(reasonUnmet)
		}
		r.feed.meets = false
	}
	return r.past(ctx, commit)
}

// passed checks, where no transaction is open, that the last one that is published was not passed over.
func (r *reader) passed(ctx context.Context, to LSN) error {
	if r.feed.meets && to > r.feed.from.Last {
		return r.feed.part(reasonUnmet)
	}
	return r.past(ctx, to)
}

// past lets positions be confirmed once everything is read again that was read before.
func (r *reader) past(ctx context.Context, at LSN) error {
	if r.feed.meets || at < r.feed.from.reach() || !r.feed.holds.CompareAndSwap(true, false) {
		return nil
	}
	return r.feed.committed(ctx, checkpoint{Log: r.feed.from})
}

// parted is what a relay has found out about a server's log. It may be told to go on with it.
type parted struct {
	end    LSN // of what is published
	server string
	reason string
}

// part remembers that the logs differ.
func (l *logFeed) part(reason string) error {
	l.relay.mu.Lock()
	l.relay.parted = parted{end: l.from.End, server: l.server, reason: reason}
	l.relay.mu.Unlock()
	return &GapError{Slot: l.relay.slot, After: l.from.End, Reason: reason}
}

// hasParted says why the server's log is known to differ, or nothing.
func (l *logFeed) hasParted(end LSN) string {
	l.relay.mu.Lock()
	defer l.relay.mu.Unlock()
	if known := l.relay.parted; known.end == end && known.server == l.server {
		return known.reason
	}
	return ""
}
