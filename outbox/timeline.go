package outbox

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
)

// identify asks the server who it is.
func (s *stream) identify(ctx context.Context) (identity, error) {
	row, err := s.row(ctx, "IDENTIFY_SYSTEM")
	if err != nil {
		return identity{}, fmt.Errorf("identify the server: %w", explain(err))
	}
	if len(row) < 3 { //nolint:mnd // system identifier, timeline, position
		return identity{}, fmt.Errorf("%w: IDENTIFY_SYSTEM answers with %d columns", errMalformed, len(row))
	}
	timeline, err := strconv.ParseInt(string(row[1]), 10, 32)
	if err != nil {
		return identity{}, fmt.Errorf("%w: timeline %q", errMalformed, row[1])
	}
	end, err := ParseLSN(string(row[2]))
	s.reaches(end)
	return identity{system: string(row[0]), timeline: int32(timeline), end: end}, err
}

// row is the one row of a replication command's answer.
func (s *stream) row(ctx context.Context, command string) ([][]byte, error) {
	results, err := s.conn.Exec(ctx, command).ReadAll()
	switch {
	case err != nil:
		return nil, err //nolint:wrapcheck // wrapped by those who ask
	case len(results) != 1 || len(results[0].Rows) != 1:
		return nil, fmt.Errorf("%w: an answer without a row", errMalformed)
	}
	return results[0].Rows[0], nil
}

// follow is where a checkpoint of an older timeline stands on the server's. What was published of the older one after
// they parted never happened on this one, and its positions belong to other transactions here.
func (l *logFeed) follow(ctx context.Context, stored logPosition, server identity) (logPosition, error) {
	row, err := l.stream.row(ctx, fmt.Sprintf("TIMELINE_HISTORY %d", server.timeline))
	if err != nil {
		return stored, fmt.Errorf("read the history of timeline %d: %w", server.timeline, explain(err))
	}
	left, err := leftAt(row[len(row)-1], stored.Timeline)
	if err != nil {
		return stored, fmt.Errorf("%w: %s: timeline %d, which the checkpoint is of, is none that the server's timeline %d comes from: %w; "+
			"the address must lead to the server that took over, or its history is lost",
			ErrSlot, l.relay.slot, stored.Timeline, server.timeline, err)
	}
	at := stored
	at.Timeline = server.timeline
	if stored.End > left || stored.Commit >= left {
		at = logPosition{System: stored.System, Timeline: server.timeline, End: min(stored.End, left), Last: stored.Last, LastAt: stored.LastAt}
		if stored.Last >= left {
			at.Last, at.LastAt = at.End, 0
		}
		l.relay.logger.WarnContext(ctx, "another server took over before it had all that was published: some events tell of rows that it lost",
			"slot", l.relay.slot, "timeline", server.timeline, "parted", left.String(), "published", stored.End.String())
	}
	return at, nil
}

// leftAt reads from a timeline's history where an older timeline was left.
func leftAt(history []byte, timeline int32) (LSN, error) {
	lines := bufio.NewScanner(bytes.NewReader(history))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") { //nolint:mnd // timeline and position
			continue
		}
		if n, err := strconv.ParseInt(fields[0], 10, 32); err == nil && int32(n) == timeline {
			return ParseLSN(fields[1])
		}
	}
	return 0, fmt.Errorf("not in %d bytes of history", len(history))
}
