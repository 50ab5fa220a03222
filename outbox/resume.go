package outbox

import (
	"context"
	"fmt"
)

// identity is what a server says of itself.
type identity struct {
	system   string
	timeline int32
	end      LSN // of what is flushed of its log
}

// resume decides from where the log is read after what the checkpoint says, and makes the slot where it has to be made.
func (l *logFeed) resume(ctx context.Context, stored logPosition, server identity) (logPosition, error) {
	at := logPosition{System: server.system, Timeline: server.timeline}
	if err := checkServer(ctx, l.conn, l.relay.publication); err != nil {
		return at, err
	}
	state, err := readSlot(ctx, l.conn, l.relay.slot)
	if err == nil {
		err = state.usable(l.relay.slot)
	}
	if err != nil {
		return at, err
	}
	if stored.System == "" {
		return l.first(ctx, at, state)
	}
	if stored.Last == 0 { // of an earlier version
		stored.Last = stored.End
	}
	gap, err := l.compare(ctx, stored, server)
	if gap == "" && err == nil && stored.Timeline != server.timeline {
		stored, err = l.follow(ctx, stored, server)
	}
	if err != nil {
		return at, err
	}
	if gap == "" {
		gap = state.gone()
	}
	if gap == "" && state.confirmed() > stored.End {
		gap = "something else has read from the slot, such as a connector"
	}
	if gap == "" {
		gap = l.hasParted(stored.End)
	}
	if gap == "" {
		l.again(stored, state.confirmed())
		return stored, nil
	}
	return l.leap(ctx, &GapError{Slot: l.relay.slot, After: stored.End, Before: state.confirmed(), Reason: gap}, at, state)
}

// leap goes on after a gap that was accepted.
func (l *logFeed) leap(ctx context.Context, gap *GapError, at logPosition, state slotState) (logPosition, error) {
	if accepted := l.relay.accepted; accepted == nil || *accepted != gap.After {
		if gap.Before <= gap.After {
			gap.Before = 0
		}
		return at, gap
	}
	l.relay.logger.WarnContext(ctx, "relay goes on after a gap that was accepted", "slot", gap.Slot, "after", gap.After.String(),
		"reason", gap.Reason)
	if state.found && state.gone() != "" {
		if _, err := l.conn.Exec(ctx, "SELECT pg_drop_replication_slot($1)", gap.Slot); err != nil {
			return at, fmt.Errorf("drop the lost slot: %w", explain(err))
		}
		state = slotState{}
	}
	return l.first(ctx, at, state)
}

// first takes the slot as it stands.
func (l *logFeed) first(ctx context.Context, at logPosition, state slotState) (logPosition, error) {
	if reason := state.gone(); state.found && reason != "" {
		return at, fmt.Errorf("%w: %s: %s. Find what is missing, then drop it with pg_drop_replication_slot('%s') and start again",
			ErrSlot, l.relay.slot, reason, l.relay.slot)
	}
	if !state.found {
		if err := createSlot(ctx, l.conn, l.relay.slot, l.relay.failover); err != nil {
			return at, err
		}
		l.relay.logger.WarnContext(ctx, "the replication slot was missing and is new: rows committed before now are not published",
			"slot", l.relay.slot)
		var err error
		if state, err = readSlot(ctx, l.conn, l.relay.slot); err != nil {
			return at, err
		}
	}
	at.End, at.Last = state.confirmed(), state.confirmed()
	return at, nil
}

// compare says why the checkpoint's positions mean nothing on this server, or nothing. An older timeline is an error: the
// address leads to a server that others have left behind.
func (l *logFeed) compare(ctx context.Context, stored logPosition, server identity) (gap string, err error) {
	switch {
	case stored.System != server.system:
		return fmt.Sprintf("the database cluster is another one (system identifier %s, not %s), as after an upgrade or a restore into a new one",
			server.system, stored.System), nil
	case stored.Timeline > server.timeline:
		return "", fmt.Errorf("%w: the server is on timeline %d, and rows of timeline %d were published already; the address must lead to "+
			"the primary that took over", ErrSlot, server.timeline, stored.Timeline)
	case stored.Timeline == server.timeline && stored.beyond(server.end):
		return fmt.Sprintf("the server's log ends at %s, before what is published, as after a restore from an older copy of its disk",
			server.end), nil
	}
	return "", ctx.Err()
}
