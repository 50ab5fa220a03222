package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/internal/pgnotes"
	"github.com/millrace/millrace/jobs"
)

// Beginner starts transactions: a *pgx.Conn or a *pgxpool.Pool.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Ledger keeps notes of jobs in a table. It is safe for concurrent use where its [Beginner] is.
type Ledger struct{ notes *pgnotes.Notes }

// Option changes where a [Ledger] keeps its notes. See [New].
type Option interface{ applyLedger(*config) }

type config struct{ table string }

type option func(*config)

func (f option) applyLedger(c *config) { f(c) }

// Table is the name of the table, with or without a schema. The default is "done_jobs".
func Table(name string) Option { return option(func(c *config) { c.table = name }) }

// New makes a ledger of a database, in which [Ledger.Migrate] has created the table.
func New(db Beginner, opts ...Option) (*Ledger, error) {
	c := config{table: "done_jobs"}
	for _, opt := range opts {
		opt.applyLedger(&c)
	}
	notes, err := pgnotes.New(db, c.table)
	if err != nil {
		return nil, err
	}
	return &Ledger{notes}, nil
}

// Migrate creates the table where it is missing. It may run in many processes at once.
func (l *Ledger) Migrate(ctx context.Context) error { return l.notes.Migrate(ctx) }

// Within calls f in a transaction, and commits it.
func (l *Ledger) Within(ctx context.Context, f func(pgx.Tx) error) error {
	return l.notes.Within(ctx, f)
}

// Note writes a note, or returns the result that is noted.
func (l *Ledger) Note(ctx context.Context, tx pgx.Tx, key string) (was json.RawMessage, first bool, err error) {
	noted, first, err := l.notes.Note(ctx, tx, key, pgnotes.Note{})
	return noted.Result, first, err
}

// Keep notes the result of a job.
func (l *Ledger) Keep(ctx context.Context, tx pgx.Tx, key string, result json.RawMessage) error {
	return l.notes.Change(ctx, tx, key, pgnotes.Note{Result: result})
}

// Forget removes notes that are older than age, 10,000 at most, and says how many. The age must be longer than any job takes with all
// its attempts, since a job whose note is gone is done again.
func (l *Ledger) Forget(ctx context.Context, age time.Duration) (removed int64, err error) {
	return l.notes.Forget(ctx, age)
}

var _ jobs.Ledger[pgx.Tx] = (*Ledger)(nil)
