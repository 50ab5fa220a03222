package outbox

import (
	"context"
	_ "embed" // the schema is a file, so that it can be read and copied
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

//go:embed polled.sql
var polledSchema string

//go:embed notify.sql
var notifySchema string

// Polled lets a relay look for rows in the table and delete those that it has published, for a database that has no
// logical replication: neither wal_level = logical nor a REPLICATION role is needed, and a connection pooler may be in
// between. It is an option for [Migrate], [NewRelay] and writers.
//
// The database has the say: from the [Migrate] that is given this option on, rows stay until the relay deletes them,
// whatever writers, also those of other programs, know of it. A writer that is given the option saves a statement. A
// later Migrate without it, and without [Replicated], leaves things as they are.
func Polled() NameOption {
	return nameOption{func(t *table) { t.mode = polled; t.keep = true }, func(r *Relay) { r.polled = true }}
}

// PollEvery is the longest pause between two looks of a relay that is given [Polled], at least 2 ms; the default is 100 ms.
// After rows were found the next look is at once, and then pauses grow up to this.
func PollEvery(d time.Duration) RelayOption { return relayOption(func(r *Relay) { r.pollEvery = d }) }

// Replicated lets [Migrate] end polling: a slot is made, and rows that are written from then on are for a relay that
// reads the log. The polling relay goes on until it has published the others; see the package's text.
func Replicated() TableOption { return tableOption(func(t *table) { t.mode = replicated }) }

// Notify lets [Migrate] add a trigger to a table that is [Polled], which wakes the relay when rows are committed. It is
// a hint alone: nothing depends on it. PostgreSQL then lets transactions that wrote events commit one after the other,
// and the relay needs a connection of its own: a pooler that gives connections to transactions passes no notifications.
func Notify() TableOption { return tableOption(func(t *table) { t.notifies = true }) }

// mode is who publishes the rows that are written from now on. A row for a poller has a seq, one for the log has none.
type mode int8

const (
	asItIs mode = iota
	polled
	replicated
)

// isPolled says whether rows that are written now are for a poller.
func isPolled(ctx context.Context, db querier, table string) (bool, error) {
	var yes bool
	err := db.QueryRow(ctx, `SELECT count(*) = 2 FROM pg_attribute
		WHERE attrelid = to_regclass($1) AND attname IN ('seq', 'xact') AND atthasdef AND NOT attisdropped`, quote(table)).Scan(&yes)
	return yes, err //nolint:wrapcheck // wrapped by who asks
}

// poll makes rows that are written from now on stay for a poller. The exclusive lock that this takes divides them from
// those before: each row is either of the log or of the poller.
func (t table) poll(ctx context.Context, tx pgx.Tx) error {
	var taken bool
	err := tx.QueryRow(ctx, `SELECT count(*) = 1 FROM pg_attribute
		WHERE attrelid = to_regclass($1) AND attname IN ('seq', 'xact') AND NOT attisdropped`, quote(t.name)).Scan(&taken)
	if err != nil {
		return err //nolint:wrapcheck // wrapped once by Migrate
	}
	if taken {
		return fmt.Errorf("%w: %s has a column seq or xact of its own, which Polled needs for itself; rename it", ErrTable, t.name)
	}
	_, err = tx.Exec(ctx, strings.NewReplacer(
		"{{table}}", quote(t.name), "{{sequence}}", quote(t.beside("seq")), "{{index}}", t.inSchema("seq_index"),
		"{{function}}", quote(t.beside("polled")), "{{poller}}", quote(t.beside("poller")),
	).Replace(polledSchema))
	return err //nolint:wrapcheck // wrapped once by Migrate
}

// replicate makes rows that are written from now on those of the log, whose slot is there already.
func (t table) replicate(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "ALTER TABLE "+quote(t.name)+" ALTER COLUMN seq DROP DEFAULT, ALTER COLUMN xact DROP DEFAULT")
	return err //nolint:wrapcheck // wrapped once by Migrate
}

// beside is the name of something that belongs to the table, in its schema.
func (t table) beside(what string) string { return t.name + "_" + what }

// notify wakes whoever listens for the table's rows when a transaction that wrote some commits.
func (t table) notify(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, strings.NewReplacer(
		"{{table}}", quote(t.name), "{{function}}", quote(t.beside("notify")), "{{channel}}", "'"+t.name+"'",
	).Replace(notifySchema))
	return err //nolint:wrapcheck // wrapped once by Migrate
}

// inSchema is the same where SQL takes no schema.
func (t table) inSchema(what string) string {
	name := t.beside(what)
	return quote(name[strings.Index(name, ".")+1:])
}
