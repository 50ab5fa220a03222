package outbox

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// pollSettings make the text of values what it is in the log, the deletion durable before the next checkpoint forgets
// it, and the scan one of the index even where the table is small or bloated. They hold for one look.
const pollSettings = `SELECT pg_postmaster_start_time()::text, pg_snapshot_xmin(pg_current_snapshot())::text,
	set_config('bytea_output', 'hex', true), set_config('client_encoding', 'UTF8', true), set_config('TimeZone', 'UTC', true),
	set_config('DateStyle', 'ISO, MDY', true), set_config('IntervalStyle', 'postgres', true),
	set_config('extra_float_digits', '3', true), set_config('lock_timeout', '5s', true), set_config('enable_seqscan', 'off', true),
	set_config('jit', 'off', true),
	set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
		ELSE current_setting('synchronous_commit') END, true)`

// looking are the statements of a look, each with what reads its answer.
type looking struct {
	statements pgconn.Batch
	readers    []func(*pgconn.ResultReader) error
}

func (l *looking) add(read func(*pgconn.ResultReader) error, sql string, args ...string) {
	values := make([][]byte, len(args))
	for i, arg := range args {
		values[i] = []byte(arg)
	}
	l.statements.ExecParams(sql, values, nil, nil, nil)
	l.readers = append(l.readers, read)
}

// one reads an answer of one row.
func one(read func([][]byte) error) func(*pgconn.ResultReader) error {
	return func(answer *pgconn.ResultReader) error {
		if !answer.NextRow() {
			return nil // the server's error follows
		}
		return read(answer.Values())
	}
}

// look deletes what was published and reads what there is now, in one transaction and one round trip. What a look that
// fails has deleted is there again, and is deleted by the next one.
func (f *pollFeed) look(ctx context.Context) (batch, error) {
	f.woken = false
	f.floor.begin(time.Now())
	rows, now := quote(f.table), found{}
	var asked looking
	asked.add(one(f.floor.horizon), pollSettings)
	if len(f.published) > 0 {
		seqs, ids, first, last, err := f.published.arrays()
		if err == nil {
			f.deleted = f.published
			f.newest, err = strconv.ParseInt(last, 10, 64)
		}
		if err != nil {
			return batch{}, fmt.Errorf("read the checkpoint: %w", err)
		}
		asked.add(nil, "DELETE FROM "+rows+" AS t USING unnest($1::bigint[], $2::uuid[]) AS gone (seq, id) "+
			"WHERE t.seq = gone.seq AND t.id = gone.id AND t.seq BETWEEN $3::bigint AND $4::bigint", seqs, ids, first, last)
	}
	asked.add(func(answer *pgconn.ResultReader) error { now.err = f.read(answer, &now); return nil },
		"SELECT * FROM "+rows+" WHERE seq > $1::bigint ORDER BY seq LIMIT $2::bigint", strconv.FormatInt(f.floor.at, 10), strconv.Itoa(f.limit))
	sequence := quote(table{name: f.table}.beside("seq"))
	asked.add(one(f.floor.raise), "SELECT last, CASE WHEN last > $1::bigint THEN txid_current() END FROM (SELECT CASE WHEN is_called "+
		"THEN last_value ELSE 0 END AS last FROM "+sequence+") AS sequence", strconv.FormatInt(f.floor.known(), 10))
	if err := f.ask(ctx, &asked); err != nil {
		return batch{}, fmt.Errorf("look for rows: %w", err)
	}
	f.published = nil
	if now.columns != nil {
		if err := f.route(ctx, now.columns); err != nil {
			return batch{}, err
		}
		return f.look(ctx)
	}
	if read := len(now.records); read == 0 && now.err != nil {
		return batch{}, now.err // rows before one that cannot be read are published first
	}
	f.pace(&now)
	return now.batch(), nil
}

// pace says where the next look begins, and how many rows it asks for.
func (f *pollFeed) pace(now *found) {
	read, large := len(now.records), now.bytes >= queueBytes
	all := read < f.limit && !large && now.err == nil
	f.floor.shown(now.last, all)
	f.told.tell(time.Now(), read, all)
	switch {
	case large:
		f.limit = max(read, 1)
	case read == f.limit:
		f.limit = min(2*f.limit, pollMost)
	}
}

// ask sends the statements in one go, and reads all answers.
func (f *pollFeed) ask(ctx context.Context, asked *looking) error {
	answers := f.conn.PgConn().ExecBatch(ctx, &asked.statements)
	var failed error
	for _, read := range asked.readers {
		if !answers.NextResult() {
			break
		}
		answer := answers.ResultReader()
		if read != nil && failed == nil {
			failed = read(answer)
		}
		if _, err := answer.Close(); failed == nil {
			failed = err
		}
	}
	if err := answers.Close(); failed == nil {
		failed = err
	}
	return failed
}
