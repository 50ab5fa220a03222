package pgnotes

import (
	"context"
	_ "embed" // the schema is a file, so that it can be read and copied
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/resilience"
)

//go:embed notes.sql
var schema string

// Beginner starts transactions: a *pgx.Conn or a *pgxpool.Pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Notes are in a table. They are safe for concurrent use where their [Beginner] is.
type Notes struct {
	db    Beginner
	table string
}

// Note says what is done.
type Note struct {
	Undone bool
	// Result is JSON, or nil.
	Result []byte
}

var tablePattern = regexp.MustCompile(`^([a-z_][a-z0-9_]{0,55}\.)?[a-z_][a-z0-9_]{0,55}$`)

// New makes notes of a database, in which [Notes.Migrate] has created the table.
func New(db Beginner, table string) (*Notes, error) {
	if db == nil || !tablePattern.MatchString(table) {
		return nil, fmt.Errorf("postgres: the database must not be nil, and the table %q must be lower-case letters, digits and _, "+
			"with or without a schema", table)
	}
	return &Notes{db: db, table: table}, nil
}

// migrationLock is the advisory lock that keeps concurrent migrations apart: "sagastep" in ASCII.
const migrationLock = 0x7361676173746570

// Migrate creates the table where it is missing. It may run in many processes at once.
func (n *Notes) Migrate(ctx context.Context) error {
	index := strings.ReplaceAll(n.table[strings.LastIndex(n.table, ".")+1:], ".", "_") + "_at"
	statements := strings.NewReplacer("{{table}}", n.table, "{{index}}", index).Replace(schema)
	err := pgx.BeginFunc(ctx, n.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err //nolint:wrapcheck // wrapped below
		}
		_, err := tx.Exec(ctx, statements)
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return fmt.Errorf("postgres: create %s: %w", n.table, err)
	}
	return nil
}

// Within calls f in a transaction, and commits it.
func (n *Notes) Within(ctx context.Context, f func(pgx.Tx) error) error {
	tx, err := n.db.Begin(ctx)
	if err != nil {
		return resilience.Transient(fmt.Errorf("postgres: begin: %w", err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if err := f(tx); err != nil {
		return err
	}
	err = tx.Commit(ctx)
	switch refused, is := errors.AsType[*pgconn.PgError](err); {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrTxCommitRollback), is && refused.Code != completionUnknown && slices.Contains([]string{"23", "40"}, refused.Code[:2]):
		return resilience.Transient(fmt.Errorf("postgres: commit: %w", err)) // a constraint, or another transaction
	default:
		return resilience.Indefinite(fmt.Errorf("postgres: commit: %w", err))
	}
}

const completionUnknown = "40003"

// Note writes a note, or returns the one that is there.
func (n *Notes) Note(ctx context.Context, tx pgx.Tx, key string, note Note) (was Note, first bool, err error) {
	if key == "" {
		return was, false, resilience.Permanent(errors.New("postgres: there is no key: who does this is called by a saga or a job"))
	}
	tag, err := tx.Exec(ctx, "INSERT INTO "+n.table+" (key, undone, result) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", key, note.Undone, text(note))
	if err != nil {
		return was, false, fmt.Errorf("postgres: note what is done: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return note, true, nil
	}
	var result *string
	err = tx.QueryRow(ctx, "SELECT undone, result::text FROM "+n.table+" WHERE key = $1 FOR UPDATE", key).Scan(&was.Undone, &result)
	if err != nil {
		return was, false, fmt.Errorf("postgres: read the note of what is done: %w", err)
	}
	if result != nil {
		was.Result = []byte(*result)
	}
	return was, false, nil
}

// Change changes a note.
func (n *Notes) Change(ctx context.Context, tx pgx.Tx, key string, note Note) error {
	_, err := tx.Exec(ctx, "UPDATE "+n.table+" SET undone = $2, result = coalesce($3, result) WHERE key = $1", key, note.Undone, text(note))
	if err != nil {
		return fmt.Errorf("postgres: change the note of what is done: %w", err)
	}
	return nil
}

func text(note Note) *string {
	if note.Result == nil {
		return nil
	}
	text := string(note.Result)
	return &text
}

// Forget removes notes that are older than age, 10,000 at most, and says how many. The age must be longer than any saga takes, since
// a step whose note is gone is done again.
func (n *Notes) Forget(ctx context.Context, age time.Duration) (removed int64, err error) {
	if age <= 0 {
		return 0, resilience.Permanent(fmt.Errorf("postgres: forget: the age %s must be positive", age))
	}
	err = pgx.BeginFunc(ctx, n.db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "DELETE FROM "+n.table+" WHERE key = ANY (ARRAY(SELECT key FROM "+n.table+
			" WHERE at < now() - make_interval(secs => $1) ORDER BY at LIMIT 10000 FOR UPDATE SKIP LOCKED))", age.Seconds())
		removed = tag.RowsAffected()
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return 0, fmt.Errorf("postgres: forget: %w", err)
	}
	return removed, nil
}
