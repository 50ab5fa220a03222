package outbox

import (
	"context"
	_ "embed" // the schema is a file, so that it can be read and copied
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed schema.sql
var schema string

//go:embed inbox.sql
var inboxSchema string

// Publication is the default name of the publication and of the replication slot.
const Publication = "millrace_outbox"

// migrationLock is the advisory lock that keeps concurrent migrations apart: "millrace" in ASCII.
const migrationLock = 0x6d696c6c72616365

// Beginner starts transactions: a *pgx.Conn or a *pgxpool.Pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Migrate creates the outbox table, the inbox of [Once], the publication of the outbox's inserts and the replication
// slot where they are missing, and adds the columns that a table of an earlier version, or of Debezium's own layout,
// lacks. It may run in many processes at once. What is there stays as it is; the change of a table waits for the
// transactions that use it, and new ones wait for it. PostgreSQL makes a slot once the transactions that were open at
// the time have ended, so Migrate waits for them.
//
// The slot is made here and not by the first relay, so that rows are kept from now on. From now on, too, PostgreSQL
// keeps its log until a relay or a connector reads it: set max_slot_wal_keep_size to bound that.
func Migrate(ctx context.Context, db Beginner, opts ...TableOption) error {
	t, err := newTable(opts)
	if err != nil {
		return err
	}
	polls := false
	err = locked(ctx, db, func(tx pgx.Tx) (err error) {
		polls, err = t.makeTables(ctx, tx)
		return err
	})
	if err == nil && !t.consumes && (!polls || t.mode == replicated) {
		err = locked(ctx, db, func(tx pgx.Tx) error {
			err := ensureSlot(ctx, tx, t.slot, t.publication, t.failover)
			if err == nil && polls {
				err = t.replicate(ctx, tx)
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("outbox: migrate %s: %w", t.name, explain(err))
	}
	return nil
}

// locked runs one migration at a time.
func locked(ctx context.Context, db Beginner, migrate func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error { //nolint:wrapcheck // wrapped once by Migrate
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err //nolint:wrapcheck // wrapped once by Migrate
		}
		return migrate(tx)
	})
}

// makeTables says whether the rows that are written from now on are for a poller.
func (t table) makeTables(ctx context.Context, tx pgx.Tx) (polls bool, err error) {
	if err := t.makeInbox(ctx, tx); err != nil || t.consumes {
		return false, err
	}
	if t.logOnly {
		return false, publish(ctx, tx, t)
	}
	if err := t.make(ctx, tx); err != nil {
		return false, err
	}
	if polls, err = isPolled(ctx, tx, t.name); err != nil {
		return false, err
	}
	switch {
	case t.mode == polled && !polls:
		err = t.poll(ctx, tx)
		fallthrough
	case polls && t.mode != replicated:
		if err == nil && t.notifies {
			err = t.notify(ctx, tx)
		}
		return true, err
	}
	return polls, publish(ctx, tx, t)
}

// makeInbox looks first, since what creates an index waits for everybody who writes, even where there is one.
func (t table) makeInbox(ctx context.Context, tx pgx.Tx) error {
	var exists bool
	err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", quote(t.inbox)).Scan(&exists)
	if err == nil && !exists {
		_, err = tx.Exec(ctx, strings.ReplaceAll(inboxSchema, "{{inbox}}", quote(t.inbox)))
	}
	return err //nolint:wrapcheck // wrapped once by Migrate
}

// make creates the table, or adds what one of an earlier version or of Debezium's own layout lacks. Nothing is locked
// where nothing is missing.
func (t table) make(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT attname::text,
			attnotnull AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY (indkey))
		FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`, quote(t.name))
	if err != nil {
		return err //nolint:wrapcheck // wrapped once by Migrate
	}
	has := make(map[string]bool) // and whether a value is required
	var name string
	var required bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &required}, func() error { has[name] = required; return nil }); err != nil {
		return err //nolint:wrapcheck // wrapped once by Migrate
	}
	create := strings.NewReplacer("{{table}}", quote(t.name), "{{payload}}", string(t.payload)).Replace(schema)
	if len(has) > 0 {
		changes := t.changes(has)
		if len(changes) == 0 {
			return nil
		}
		create = "ALTER TABLE " + quote(t.name) + " " + strings.Join(changes, ", ")
	}
	_, err = tx.Exec(ctx, create)
	return err //nolint:wrapcheck // wrapped once by Migrate
}

// changes make a table take every message. The first five columns are those without which it is no outbox table.
func (t table) changes(has map[string]bool) []string {
	var changes []string
	for i, column := range columns {
		required, found := has[column.name]
		switch {
		case i >= requiredColumns && !found:
			changes = append(changes, "ADD COLUMN "+column.name+" text")
		case required && (column.name == "aggregateid" || column.name == "type"):
			changes = append(changes, "ALTER COLUMN "+column.name+" DROP NOT NULL")
		}
	}
	return changes
}

// requiredColumns are those of Debezium's own layout.
const requiredColumns = 5

// publish creates the publication, or adds the table to it. Messages in the log need one too, of no table.
func publish(ctx context.Context, tx pgx.Tx, t table) error {
	var exists, covers bool
	err := tx.QueryRow(ctx, `SELECT
		EXISTS (SELECT FROM pg_publication WHERE pubname = $1),
		EXISTS (SELECT FROM pg_publication WHERE pubname = $1 AND puballtables)
		OR EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
			WHERE p.pubname = $1 AND r.prrelid = to_regclass($2))`, t.publication, quote(t.name)).Scan(&exists, &covers)
	of := " FOR TABLE " + quote(t.name)
	if t.logOnly {
		of, covers = "", exists
	}
	switch {
	case err != nil:
		return err //nolint:wrapcheck // wrapped once by Migrate
	case covers:
		return nil
	case exists:
		_, err = tx.Exec(ctx, "ALTER PUBLICATION "+quote(t.publication)+" ADD TABLE "+quote(t.name))
	default:
		_, err = tx.Exec(ctx, "CREATE PUBLICATION "+quote(t.publication)+of+" WITH (publish = 'insert', publish_via_partition_root = true)")
	}
	return err //nolint:wrapcheck // wrapped once by Migrate
}
