package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/bus"
)

// pollSource finds committed rows in the table itself.
//
// Each look is one snapshot, and takes whatever rows it shows in the order of their seq. There is no position that could
// pass over a row: one whose transaction took its seq early and committed late is found by a later look. Rows are
// gone from the table once they are published, and until then the checkpoint names them, so whoever comes next deletes
// them before it looks. Where a writer holds its aggregate's lock when it writes, the rows of an aggregate get their seqs
// in the order of their commits, and a look shows none without those before it.
type pollSource struct {
	config    *pgx.ConnConfig
	table     string
	connector *connector
	longest   time.Duration // between two looks
	note      func(func(*Status))
}

// pollFeed is one session of a pollSource.
type pollFeed struct {
	pollSource
	conn      *pgx.Conn
	published pollRows // to be deleted before the next look
	deleted   pollRows // by this session's last deletion
	newest    int64    // the seq of the last of them
	floor     pollFloor
	told      pollTold
	limit     int
	pause     time.Duration
	router    *router
	columns   []walColumn // that the router is for
	relation  uint32      // its number
	id, seq   int
	listens   bool
	woken     bool // since the last look
}

const (
	pollMost     = 2_000 // rows of a look
	pollFirst    = 200
	pollShortest = 2 * time.Millisecond
)

func (s pollSource) open(ctx context.Context, from checkpoint, by claim) (feed, error) {
	config := s.config.Copy()
	// A pooler between transactions keeps neither prepared statements nor settings.
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = 0, 0
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	f := &pollFeed{pollSource: s, published: from.Rows, limit: pollFirst, pause: pollShortest, told: pollTold{note: s.note}}
	config.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) { f.woken = true } // while the connection is used
	var err error
	if f.conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connect: %w", explain(err))
	}
	if err = f.check(ctx); err == nil {
		err = f.claim(ctx, by)
	}
	if err != nil {
		return nil, errors.Join(err, f.conn.Close(ctx))
	}
	return f, nil
}

// check says what keeps the table from being polled. That rows are for the log now is no reason: some may be left.
func (f *pollFeed) check(ctx context.Context) error {
	var recovering, polled bool
	err := f.conn.QueryRow(ctx, `SELECT pg_is_in_recovery(),
		EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = 'outbox_polled' AND tgenabled <> 'D'),
		EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass($1) AND tgname = 'outbox_notify' AND tgenabled <> 'D')`,
		quote(f.table)).Scan(&recovering, &polled, &f.listens)
	switch {
	case err != nil:
		return fmt.Errorf("read the server's settings: %w", explain(err))
	case recovering:
		return errRecovering
	case !polled:
		return fmt.Errorf("%w: %s is not one to poll, or not there; run outbox.Migrate with outbox.Polled()", ErrTable, f.table)
	}
	if f.listens {
		if _, err := f.conn.Exec(ctx, "LISTEN "+pgx.Identifier{f.table}.Sanitize()); err != nil {
			return fmt.Errorf("listen: %w", explain(err))
		}
	}
	return nil
}

// claim notes who polls. Kafka fences relays of one group; two groups would publish every row twice.
func (f *pollFeed) claim(ctx context.Context, by claim) error {
	poller := quote(table{name: f.table}.beside("poller"))
	var owner string
	err := f.conn.QueryRow(ctx, "INSERT INTO "+poller+" AS p (owner) VALUES ($1) ON CONFLICT (one) DO UPDATE "+
		"SET owner = p.owner RETURNING owner", by.group).Scan(&owner)
	if err != nil {
		return fmt.Errorf("note who polls: %w", explain(err))
	}
	if owner != by.group {
		return fmt.Errorf("%w: the group %q publishes the rows of %s; when it has ended for good, and its last rows are gone, "+
			"DELETE FROM %s", ErrTable, owner, f.table, poller)
	}
	return nil
}

func (f *pollFeed) begins() (at checkpoint, anew bool) { return checkpoint{Rows: f.published}, false }

func (f *pollFeed) run(context.Context) error { return nil }

// next looks until there are rows.
func (f *pollFeed) next(ctx context.Context) (batch, error) {
	for {
		found, err := f.look(ctx)
		if err != nil {
			return batch{}, explain(err)
		}
		if len(found.records) > 0 {
			f.pause = pollShortest
			return found, nil
		}
		if err := f.rest(ctx); err != nil {
			return batch{}, err
		}
	}
}

// rest waits until it is worth to look again.
func (f *pollFeed) rest(ctx context.Context) error {
	over, cancel := context.WithTimeout(ctx, f.pause)
	defer cancel()
	f.pause = min(2*f.pause, f.longest)
	if f.woken {
		return nil
	}
	if !f.listens {
		<-over.Done()
	} else if err := f.conn.PgConn().WaitForNotification(over); over.Err() == nil {
		return err //nolint:wrapcheck // wrapped by the session; nil when there are rows
	}
	return context.Cause(ctx)
}

// committed leaves the deletion to the next look, with which it is one round trip.
func (f *pollFeed) committed(_ context.Context, at checkpoint) error {
	f.published = at.Rows
	return nil
}

// close deletes what is published, if that goes at once. Otherwise the next session does.
func (f *pollFeed) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	var err error
	if !f.conn.IsClosed() && len(f.published) > 0 {
		f.limit = 0
		_, err = f.look(ctx)
	}
	return errors.Join(err, f.conn.Close(ctx))
}

// found is what a look brings together.
type found struct {
	records []bus.Record
	rows    pollRows
	ends    []int // of the rows, after each record
	last    int64
	bytes   int
	err     error       // of the row after them
	columns []walColumn // where they are others than before
}

func (f *found) batch() batch {
	return batch{records: f.records, at: func(n int) checkpoint {
		if n == 0 {
			return checkpoint{}
		}
		return checkpoint{Rows: f.rows[:f.ends[n-1]:f.ends[n-1]]}
	}}
}
