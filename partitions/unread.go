package partitions

import (
	"errors"
	"time"

	"github.com/millrace/millrace/bus"
)

// errUnread: the record cannot be read now, since what its codec needs is away. It stays the next one of its lane.
var errUnread = errors.New("partitions: the record cannot be read now")

const (
	unreadPause = 500 * time.Millisecond
	unreadTold  = time.Minute // how often it is told at most
)

// unread waits for what a record's codec needs. What the transaction has done before the record is committed first.
func (b *batch) unread(record *bus.Record, cause error) {
	l := b.lane
	if now := time.Now(); now.Sub(l.unread) >= unreadTold {
		l.unread = now
		l.logger().WarnContext(b.life, "partitions: a record cannot be read now, and its lane waits", "topic", record.Topic,
			"partition", record.Partition, "offset", record.Offset, "error", cause)
	}
	if b.handled == 0 {
		wait(b.ctx, unreadPause)
	}
}
