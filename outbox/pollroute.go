package outbox

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// read makes records of the rows, until there are enough bytes of them. The rest is read again by the next look. Rows of
// other columns than before are only noticed.
func (f *pollFeed) read(answer *pgconn.ResultReader, into *found) error {
	columns := columnsOf(answer.FieldDescriptions())
	same := func(a, b walColumn) bool { return a.name == b.name && a.oid == b.oid && a.modifier == b.modifier }
	if !slices.EqualFunc(f.columns, columns, same) {
		into.columns = columns
		if fields := answer.FieldDescriptions(); len(fields) > 0 {
			f.relation = fields[0].TableOID
		}
		return nil
	}
	for answer.NextRow() {
		if into.bytes >= queueBytes {
			continue // so that the connection stays usable
		}
		values := make([][]byte, len(answer.Values()))
		for i, value := range answer.Values() {
			values[i] = slices.Clone(value)
			into.bytes += len(value)
		}
		if err := into.add(f, values); err != nil {
			return err
		}
	}
	return nil
}

func (f *found) add(feed *pollFeed, values [][]byte) error {
	record, err := feed.router.record(values)
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(string(values[feed.seq]), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: seq must be a bigint: %w", ErrTable, err)
	}
	if seq <= feed.newest && feed.deleted.hold(seq, string(values[feed.id])) {
		return fmt.Errorf("%w: the row %s is published, and something keeps it from being deleted, as a trigger or a policy for rows",
			ErrTable, values[feed.id])
	}
	if f.rows, err = f.rows.with(string(values[feed.id]), seq, f.last); err != nil {
		return err
	}
	f.last = seq
	f.records, f.ends = append(f.records, record), append(f.ends, len(f.rows))
	return nil
}

func columnsOf(fields []pgconn.FieldDescription) []walColumn {
	columns := make([]walColumn, len(fields))
	for i, field := range fields {
		columns[i] = walColumn{name: field.Name, oid: field.DataTypeOID, modifier: field.TypeModifier, nullable: true}
	}
	return columns
}

// route makes a router for the columns.
func (f *pollFeed) route(ctx context.Context, columns []walColumn) error {
	schema, name, placed := strings.Cut(f.table, ".")
	if !placed {
		schema, name = "public", f.table
	}
	relation, err := describe(ctx, f.conn, walRelation{id: f.relation, schema: schema, name: name, columns: columns})
	if err != nil {
		return explain(err)
	}
	if f.router, err = newRouter(relation, f.connector); err != nil {
		return err
	}
	at := func(name string) int {
		return slices.IndexFunc(columns, func(c walColumn) bool { return c.name == name })
	}
	if f.columns, f.id, f.seq = columns, at("id"), at("seq"); f.id < 0 || f.seq < 0 {
		return fmt.Errorf("%w: %s has no columns id and seq", ErrTable, f.table)
	}
	return nil
}
