package partitions

import (
	"context"
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// errUnread: the record cannot be read now, since what its codec needs is away. It stays the next one of its lane.
var errUnread = errors.New("partitions: the record cannot be read now")

const (
	unreadPause = 500 * time.Millisecond
	unreadTold  = time.Minute // how often it is told at most
)

// unreadPolicy says how long after what a record refers to could not be fetched it is tried again.
func unreadPolicy() resilience.RetryPolicy {
	return resilience.RetryPolicy{Initial: unreadPause, Max: 8 * unreadPause, Multiplier: 2, Jitter: 0.5}
}

// unread waits for what a record's codec needs. What the transaction has done before the record is committed first.
func (b *batch) unread(record *bus.Record, cause error) {
	b.lane.tellUnread(b.life, record, "its lane", cause)
	if b.handled == 0 {
		wait(b.ctx, unreadPause)
	}
}

func (l *lane) tellUnread(ctx context.Context, record *bus.Record, waiting string, cause error) {
	if now := time.Now(); now.Sub(l.unread) >= unreadTold {
		l.unread = now
		l.logger().WarnContext(ctx, "partitions: a record cannot be read now, and is waited for", "waiting", waiting, "topic", record.Topic,
			"partition", record.Partition, "offset", record.Offset, "error", cause)
	}
}
