package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// ErrMessage is found in the error of a message that an outbox cannot carry. Nothing was written.
var ErrMessage = errors.New("outbox: message")

// Writer publishes into one transaction. It lives as long as the transaction and is for one goroutine.
type Writer struct {
	table table
	exec  func(ctx context.Context, statements ...statement) error
	err   error
}

var _ bus.Publisher = (*Writer)(nil)

type statement struct {
	sql  string
	args []any
}

// In publishes into a pgx transaction: what it is given becomes visible when the transaction commits.
func In(tx pgx.Tx, opts ...TableOption) *Writer {
	return newWriter(opts, func(ctx context.Context, statements ...statement) error {
		var batch pgx.Batch
		for _, s := range statements {
			batch.Queue(s.sql, s.args...)
		}
		return tx.SendBatch(ctx, &batch).Close() //nolint:wrapcheck // wrapped once by Publish
	})
}

// InSQL publishes into a transaction of database/sql, with any PostgreSQL driver.
func InSQL(tx *sql.Tx, opts ...TableOption) *Writer {
	return newWriter(opts, func(ctx context.Context, statements ...statement) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(ctx, s.sql, s.args...); err != nil {
				return err //nolint:wrapcheck // wrapped once by Publish
			}
		}
		return nil
	})
}

func newWriter(opts []TableOption, exec func(context.Context, ...statement) error) *Writer {
	t, err := newTable(opts)
	return &Writer{table: t, exec: exec, err: err}
}

// columns are the table's, in the order of a row's values. Each after payload holds the record header of that name.
var columns = [...]struct{ name, header string }{ //nolint:gochecknoglobals // a constant table
	{"id", ""}, {"aggregatetype", ""}, {"aggregateid", ""}, {"type", bus.HeaderType}, {"payload", ""},
	{"specversion", bus.HeaderSpecVersion}, {"source", bus.HeaderSource}, {"subject", bus.HeaderSubject}, {"time", bus.HeaderTime},
	{"dataschema", bus.HeaderDataSchema}, {"contenttype", bus.HeaderContentType}, {"tenant", bus.HeaderTenant},
	{"traceparent", "traceparent"}, {"tracestate", "tracestate"}, {"requestid", "millrace-request-id"},
	{"principal", "millrace-principal"}, {"locale", "millrace-locale"},
}

const rowsPerInsert = 500

// Publish writes one row for each message. One message that cannot be carried refuses the whole call before anything
// is written; any other error is the transaction's, which must be rolled back then. A message needs a UUID for its id,
// a topic that begins with "outbox.event.", and no headers beside those of CloudEvents, tracing and the request.
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

func (w *Writer) row(r bus.Record) ([]any, error) {
	refuse := func(text string, args ...any) ([]any, error) {
		return nil, resilience.Permanent(fmt.Errorf("%w: %s: %w", ErrMessage, r.Topic, fmt.Errorf(text, args...)))
	}
	if w.err != nil {
		return nil, resilience.Permanent(w.err)
	}
	id, err := uuid.Parse(r.ID())
	if err != nil {
		return refuse("the id must be a UUID")
	}
	aggregate, found := strings.CutPrefix(string(r.Topic), bus.TopicPrefix)
	if !found || aggregate == "" {
		return refuse("an outbox routes by aggregate to %s<aggregate>; define the contract without InTopic", bus.TopicPrefix)
	}
	row := make([]any, len(columns))
	row[0], row[1], row[2], row[4] = id.String(), aggregate, string(r.Key), w.payload(r)
	for _, header := range r.Headers {
		if header.Key == bus.HeaderID || header.Key == "millrace-deadline" {
			continue
		}
		at := column(header.Key)
		if at < 0 {
			return refuse("header %q has no column", header.Key)
		}
		row[at] = string(header.Value)
	}
	if row[3] == nil {
		return refuse("the event has no type")
	}
	if w.table.payload != Bytes && !strings.Contains(r.ContentType(), "json") && w.table.payload != Text {
		return refuse("a %s column takes JSON only, not %s; see outbox.PayloadAs", w.table.payload, r.ContentType())
	}
	return row, nil
}

func (w *Writer) payload(r bus.Record) any {
	switch {
	case r.Value == nil:
		return nil
	case w.table.payload == Bytes:
		return r.Value
	default:
		return string(r.Value)
	}
}

func column(header string) int {
	for i, c := range columns {
		if c.header == header && header != "" {
			return i
		}
	}
	return -1
}

func (w *Writer) write(ctx context.Context, rows [][]any) error {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerInsert)
		if err := w.exec(ctx, w.statements(rows[:n])...); err != nil {
			return explain(err)
		}
		rows = rows[n:]
	}
	return nil
}

func (w *Writer) statements(rows [][]any) []statement {
	var insert, remove strings.Builder
	var values, ids []any
	insert.WriteString("INSERT INTO " + w.table.quoted() + " (")
	for i, c := range columns {
		if i > 0 {
			insert.WriteString(", ")
		}
		insert.WriteString(c.name)
	}
	insert.WriteString(") VALUES ")
	remove.WriteString("DELETE FROM " + w.table.quoted() + " WHERE id IN (")
	for i, row := range rows {
		if i > 0 {
			insert.WriteString(", ")
			remove.WriteString(", ")
		}
		insert.WriteByte('(')
		for j, value := range row {
			if j > 0 {
				insert.WriteString(", ")
			}
			values = append(values, value)
			insert.WriteString("$" + strconv.Itoa(len(values)))
		}
		insert.WriteByte(')')
		ids = append(ids, row[0])
		remove.WriteString("$" + strconv.Itoa(len(ids)))
	}
	remove.WriteByte(')')
	statements := []statement{{insert.String(), values}}
	if !w.table.keep {
		statements = append(statements, statement{remove.String(), ids})
	}
	return statements
}
