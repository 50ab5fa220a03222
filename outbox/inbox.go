package outbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/resilience"
)

// Inbox is the name of the table that [Once] keeps, with or without a schema. The default is "inboxevent" in the schema
// of the outbox table.
func Inbox(name string) TableOption { return tableOption(func(t *table) { t.inbox = name }) }

// OnlyInbox lets [Migrate] create the inbox alone, for a database that consumes and does not publish. No publication
// and no replication slot are made, and wal_level is of no matter.
func OnlyInbox() TableOption { return tableOption(func(t *table) { t.consumes = true }) }

// ErrEvent is found in the error of a group or an event id that the inbox cannot keep.
var ErrEvent = errors.New("outbox: event")

// maxName is how many bytes a group and an event id may have together, so that they fit into an index.
const maxName = 2_000

// Once says whether this is the first time that the group handles the event, and notes that it does, in the
// transaction: the note and all that the consumer writes become true together, or not at all. A consumer that gets
// false ends the transaction and acknowledges the event.
//
//	first, err := outbox.Once(ctx, outbox.In(tx), "mailer", event.ID)
//
// While another transaction handles the same event, Once waits for its end: false when it committed, true when it was
// rolled back or died. Under REPEATABLE READ and SERIALIZABLE the wait may end in a serialization failure instead, an
// error of class transient; the transaction has to be run again, and is then told false. After any other error, too,
// the transaction must be rolled back. A note that was rolled back to a savepoint is forgotten.
//
// The notes stay until [Forget] removes them: an event that comes again later than that is handled again.
func Once(ctx context.Context, in *Writer, group, eventID string) (first bool, err error) {
	switch {
	case in.err != nil:
		return false, resilience.Permanent(fmt.Errorf("outbox: once: %w", in.err))
	case group == "" || eventID == "" || len(group)+len(eventID) > maxName || !isText([]byte(group)) || !isText([]byte(eventID)):
		return false, resilience.Permanent(fmt.Errorf("outbox: once: %w: the group %q and the event's id must be text of 1 to %d bytes "+
			"together", ErrEvent, group, maxName))
	}
	noted, err := in.exec(ctx, statement{
		sql:  "INSERT INTO " + quote(in.table.inbox) + " (consumer, event) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		args: []any{group, eventID},
	})
	if err != nil {
		return false, fmt.Errorf("outbox: once: %w", explain(err))
	}
	return noted == 1, nil
}

// forgetRows bounds one call of [Forget].
const forgetRows = 10_000

// Forget removes notes of [Once] that are older than age, of the groups or of all, and says how many. It removes the
// oldest 10,000 at most, and none that another transaction is removing: who gets 10,000 calls it again, in a
// transaction of its own. Any number of processes may do so at once, every few minutes or by cron.
//
// The age must be longer than an event can be delivered again: the retention of its topic, and of the dead letters
// that may be given back. Seven days fit Kafka's default.
func Forget(ctx context.Context, in *Writer, age time.Duration, groups ...string) (removed int64, err error) {
	if in.err != nil {
		return 0, resilience.Permanent(fmt.Errorf("outbox: forget: %w", in.err))
	}
	if age <= 0 {
		return 0, resilience.Permanent(fmt.Errorf("outbox: forget: the age %s must be positive", age))
	}
	inbox := quote(in.table.inbox)
	var of strings.Builder
	args := []any{age.Seconds()}
	for i, group := range groups {
		of.WriteString([]string{" AND consumer IN (", ", "}[min(i, 1)])
		args = append(args, group)
		of.WriteString("$" + strconv.Itoa(len(args)))
	}
	if len(groups) > 0 {
		of.WriteString(")")
	}
	removed, err = in.exec(ctx, statement{args: args, sql: "DELETE FROM " + inbox + " WHERE ctid = ANY (ARRAY(SELECT ctid FROM " + inbox +
		" WHERE at < now() - make_interval(secs => $1)" + of.String() + " ORDER BY at LIMIT " + strconv.Itoa(forgetRows) +
		" FOR UPDATE SKIP LOCKED))"})
	if err != nil {
		return 0, fmt.Errorf("outbox: forget: %w", explain(err))
	}
	return removed, nil
}
