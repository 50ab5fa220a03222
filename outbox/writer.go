package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/bus"
)

// ErrMessage is found in the error of a message that an outbox cannot carry. Nothing was written.
var ErrMessage = errors.New("outbox: message")

// execute runs statements, and says how many rows the last one changed.
type execute func(ctx context.Context, statements ...statement) (rows int64, err error)

// Writer publishes into one transaction, and [Once] notes in it what was handled. It lives as long as the transaction and is for one goroutine.
type Writer struct {
	table table
	exec  execute
	err   error
}

var _ bus.Publisher = (*Writer)(nil)

// In publishes into a pgx transaction: what it is given becomes visible when the transaction commits.
func In(tx pgx.Tx, opts ...TableOption) *Writer {
	return newWriter(opts, func(ctx context.Context, statements ...statement) (rows int64, err error) {
		var batch pgx.Batch
		for _, s := range statements {
			batch.Queue(s.sql, s.args...).Exec(func(tag pgconn.CommandTag) error {
				rows = tag.RowsAffected()
				return nil
			})
		}
		return rows, tx.SendBatch(ctx, &batch).Close()
	})
}

// InSQL publishes into a transaction of database/sql, with any PostgreSQL driver.
func InSQL(tx *sql.Tx, opts ...TableOption) *Writer {
	return newWriter(opts, func(ctx context.Context, statements ...statement) (rows int64, err error) {
		for _, s := range statements {
			done, err := tx.ExecContext(ctx, s.sql, s.args...)
			if err == nil {
				rows, err = done.RowsAffected()
			}
			if err != nil {
				return 0, err //nolint:wrapcheck // wrapped once by Publish
			}
		}
		return rows, nil
	})
}

func newWriter(opts []TableOption, exec execute) *Writer {
	t, err := newTable(opts)
	return &Writer{table: t, exec: exec, err: err}
}

// columns are the table's, in the order of a row's values. Each after payload holds the record header of that name.
var columns = [...]struct{ name, header string }{ //nolint:gochecknoglobals // a constant table
	{"id", ""},
	{"aggregatetype", ""},
	{"aggregateid", ""},
	{"type", bus.HeaderType},
	{"payload", ""},
	{"specversion", bus.HeaderSpecVersion},
	{"source", bus.HeaderSource},
	{"subject", bus.HeaderSubject},
	{"time", bus.HeaderTime},
	{"dataschema", bus.HeaderDataSchema},
	{"contenttype", bus.HeaderContentType},
	{"tenant", bus.HeaderTenant},
	{"traceparent", "traceparent"},
	{"tracestate", "tracestate"},
	{"requestid", "millrace-request-id"},
	{"principal", "millrace-principal"},
	{"locale", "millrace-locale"},
	{"headers", ""}, // all others, as bus.HeaderPacked
}

// Publish writes one row for each message, whatever its topic, id and headers are. One message that the table cannot
// carry refuses the whole call before anything is written: a key that is not text, or a payload that its column does not
// take; see [PayloadAs]. Any other error is the transaction's, which must be rolled back then.
//
// A topic outside of "outbox.event." reaches consumers through a connector that has the RegexRouter of the recommended
// configuration, and headers without a column of their own arrive in one that package bus reads, [bus.HeaderPacked].
func (w *Writer) Publish(ctx context.Context, msgs ...bus.Message) bus.Results {
	results := make(bus.Results, 0, len(msgs))
	rows := make([][]any, 0, len(msgs))
	var refused error
	for _, m := range msgs {
		records, err := bus.Encode(ctx, m)
		if err != nil {
			results = append(results, bus.Result{ID: m.ID(), Partition: -1, Offset: -1, Err: err})
			refused = err
			continue
		}
		for _, record := range records {
			row, err := w.row(record)
			rows = append(rows, row)
			results = append(results, bus.Result{ID: record.ID(), Topic: record.Topic, Partition: -1, Offset: -1, Err: err})
			if err != nil {
				refused = err
			}
		}
	}
	if refused == nil {
		refused = w.write(ctx, rows)
	}
	for i := range results {
		if refused != nil && results[i].Err == nil {
			results[i].Err = fmt.Errorf("outbox: nothing was written: %w", refused)
		}
	}
	return results
}

func column(header string) int {
	for i, c := range columns {
		if c.header == header && header != "" {
			return i
		}
	}
	return -1
}
