package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// rower is a *pgx.Conn, a pool or a pgx.Tx.
type rower interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// describe adds what the log does not say of a relation's columns: whether they may be NULL, their defaults, and of a
// type that an extension or a user made, its name and what it stands for. Debezium looks at the same moment.
// It asks without the table, whose locks it would wait for: a default names no column.
func describe(ctx context.Context, conn rower, relation walRelation) (walRelation, error) {
	rows, err := conn.Query(ctx, `SELECT a.attname, NOT a.attnotnull, coalesce(pg_get_expr(d.adbin, 0), ''),
			t.typname, CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE 0 END::bigint, t.typtypmod,
			ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
		WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped`, relation.id)
	if err != nil {
		return relation, fmt.Errorf("describe table %s: %w", relation.name, err)
	}
	columns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (walColumn, error) {
		var c walColumn
		var base int64
		err := row.Scan(&c.name, &c.nullable, &c.expression, &c.typeName, &base, &c.modifier, &c.labels)
		c.oid = uint32(base) //nolint:gosec // a number of pg_type
		return c, err        //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return relation, fmt.Errorf("describe table %s: %w", relation.name, err)
	}
	known := make(map[string]walColumn, len(columns))
	for _, column := range columns {
		known[column.name] = column
	}
	described := make([]walColumn, len(relation.columns))
	for i, column := range relation.columns {
		if more, ok := known[column.name]; ok {
			more.oid, more.modifier = column.base(more)
			column = more
		}
		described[i] = column
	}
	relation.columns = described
	return relation, nil
}

// base is the type, or of a domain the one that it restricts.
func (c walColumn) base(domain walColumn) (oid uint32, modifier int32) {
	if domain.oid != 0 {
		return domain.oid, domain.modifier
	}
	return c.oid, c.modifier
}
