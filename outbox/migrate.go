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
// slot where they are missing. It may run in many processes at once, and changes nothing that is there. PostgreSQL makes a slot once the transactions
// that were open at the time have ended, so Migrate waits for them.
//
// The slot is made here and not by the first relay, so that rows are kept from now on. From now on, too, PostgreSQL
// keeps its log until a relay or a connector reads it: set max_slot_wal_keep_size to bound that.
func Migrate(ctx context.Context, db Beginner, opts ...TableOption) error {
	t, err := newTable(opts)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err //nolint:wrapcheck // wrapped once below
		}
		if err := t.makeInbox(ctx, tx); err != nil || t.consumes {
			return err
		}
		if _, err := tx.Exec(ctx, t.ddl()); err != nil {
			return err //nolint:wrapcheck // wrapped once below
		}
		return publish(ctx, tx, t)
	})
	if err == nil && !t.consumes {
		err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
				return err //nolint:wrapcheck // wrapped once below
			}
			_, err := ensureSlot(ctx, tx, t.slot, t.publication)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("outbox: migrate %s: %w", t.name, explain(err))
	}
	return nil
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

func (t table) ddl() string {
	return strings.NewReplacer("{{table}}", quote(t.name), "{{payload}}", string(t.payload)).Replace(schema)
}

// publish creates the publication, or adds the table to it.
func publish(ctx context.Context, tx pgx.Tx, t table) error {
	var exists, covers bool
	err := tx.QueryRow(ctx, `SELECT
		EXISTS (SELECT FROM pg_publication WHERE pubname = $1),
		EXISTS (SELECT FROM pg_publication WHERE pubname = $1 AND puballtables)
		OR EXISTS (SELECT FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
			WHERE p.pubname = $1 AND r.prrelid = to_regclass($2))`, t.publication, quote(t.name)).Scan(&exists, &covers)
	switch {
	case err != nil:
		return err //nolint:wrapcheck // wrapped once by Migrate
	case covers:
		return nil
	case exists:
		_, err = tx.Exec(ctx, "ALTER PUBLICATION "+t.publication+" ADD TABLE "+quote(t.name))
	default:
		_, err = tx.Exec(ctx, "CREATE PUBLICATION "+t.publication+" FOR TABLE "+quote(t.name)+
			" WITH (publish = 'insert', publish_via_partition_root = true)")
	}
	return err //nolint:wrapcheck // wrapped once by Migrate
}
