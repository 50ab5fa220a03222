package postgres

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
	"github.com/millrace/millrace/sagas"
)

//go:embed ledger.sql
var schema string

// Beginner starts transactions: a *pgx.Conn or a *pgxpool.Pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Ledger keeps notes of steps in a table. It is safe for concurrent use where its [Beginner] is.
type Ledger struct {
	db    Beginner
	table string
}

// Option changes where a [Ledger] keeps its notes. See [New].
type Option interface{ applyLedger(*Ledger) }

type option func(*Ledger)

func (f option) applyLedger(l *Ledger) { f(l) }

// Table is the name of the table, with or without a schema. The default is "saga_steps".
func Table(name string) Option { return option(func(l *Ledger) { l.table = name }) }

var tablePattern = regexp.MustCompile(`^([a-z_][a-z0-9_]{0,55}\.)?[a-z_][a-z0-9_]{0,55}$`)

// New makes a ledger of a database, in which [Ledger.Migrate] has created the table.
func New(db Beginner, opts ...Option) (*Ledger, error) {
	l := &Ledger{db: db, table: "saga_steps"}
	for _, opt := range opts {
		opt.applyLedger(l)
	}
	if db == nil || !tablePattern.MatchString(l.table) {
		return nil, fmt.Errorf("postgres: the database must not be nil, and the table %q must be lower-case letters, digits and _, "+
			"with or without a schema", l.table)
	}
	return l, nil
}

// migrationLock is the advisory lock that keeps concurrent migrations apart: "sagastep" in ASCII.
const migrationLock = 0x7361676173746570

// Migrate creates the table where it is missing. It may run in many processes at once.
func (l *Ledger) Migrate(ctx context.Context) error {
	index := strings.ReplaceAll(l.table[strings.LastIndex(l.table, ".")+1:], ".", "_") + "_at"
	statements := strings.NewReplacer("{{table}}", l.table, "{{index}}", index).Replace(schema)
	err := pgx.BeginFunc(ctx, l.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err //nolint:wrapcheck // wrapped below
		}
		_, err := tx.Exec(ctx, statements)
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return fmt.Errorf("postgres: create %s: %w", l.table, err)
	}
	return nil
}

// Within calls f in a transaction, and commits it.
func (l *Ledger) Within(ctx context.Context, f func(pgx.Tx) error) error {
	tx, err := l.db.Begin(ctx)
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
func (l *Ledger) Note(ctx context.Context, tx pgx.Tx, key string, note sagas.Note) (was sagas.Note, first bool, err error) {
	if key == "" {
		return was, false, resilience.Permanent(errors.New("postgres: there is no key: a step is called by a saga"))
	}
	tag, err := tx.Exec(ctx, "INSERT INTO "+l.table+" (key, undone, result) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", key, note.Undone, text(note))
	if err != nil {
		return was, false, fmt.Errorf("postgres: note a step: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return note, true, nil
	}
	var result *string
	err = tx.QueryRow(ctx, "SELECT undone, result::text FROM "+l.table+" WHERE key = $1 FOR UPDATE", key).Scan(&was.Undone, &result)
	if err != nil {
		return was, false, fmt.Errorf("postgres: read the note of a step: %w", err)
	}
	if result != nil {
		was.Result = []byte(*result)
	}
	return was, false, nil
}

// Change changes a note.
func (l *Ledger) Change(ctx context.Context, tx pgx.Tx, key string, note sagas.Note) error {
	_, err := tx.Exec(ctx, "UPDATE "+l.table+" SET undone = $2, result = coalesce($3, result) WHERE key = $1", key, note.Undone, text(note))
	if err != nil {
		return fmt.Errorf("postgres: change the note of a step: %w", err)
	}
	return nil
}

func text(note sagas.Note) *string {
	if note.Result == nil {
		return nil
	}
	text := string(note.Result)
	return &text
}

// Forget removes notes that are older than age, 10,000 at most, and says how many. The age must be longer than any saga takes, since
// a step whose note is gone is done again.
func (l *Ledger) Forget(ctx context.Context, age time.Duration) (removed int64, err error) {
	if age <= 0 {
		return 0, resilience.Permanent(fmt.Errorf("postgres: forget: the age %s must be positive", age))
	}
	err = pgx.BeginFunc(ctx, l.db, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, "DELETE FROM "+l.table+" WHERE key = ANY (ARRAY(SELECT key FROM "+l.table+
			" WHERE at < now() - make_interval(secs => $1) ORDER BY at LIMIT 10000 FOR UPDATE SKIP LOCKED))", age.Seconds())
		removed = tag.RowsAffected()
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return 0, fmt.Errorf("postgres: forget: %w", err)
	}
	return removed, nil
}

var _ sagas.Ledger[pgx.Tx] = (*Ledger)(nil)
