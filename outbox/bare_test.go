package outbox_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/outbox"
)

// TestTableMadeAnew drops the table and makes it again, at which PostgreSQL takes it out of the publication: what came
// before is published, and the relay says why nothing more is.
func TestTableMadeAnew(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.insert("order", 1, 1, 1)
	execute(t, f.url, "CREATE TABLE copy (LIKE outboxevent INCLUDING ALL)", "DROP TABLE outboxevent", "ALTER TABLE copy RENAME TO outboxevent")
	r, _ := f.relay(f.bus)
	f.read(1)
	f.wait(func() bool { return r.Status().Err != nil })
	s := r.Status()
	if !s.Working || !errors.Is(s.Err, outbox.ErrTable) || !strings.Contains(s.Err.Error(), "Run outbox.Migrate") {
		t.Errorf("the relay says %+v", s)
	}
	if err := outbox.Migrate(t.Context(), f.pool, outbox.Slot(f.slot)); err != nil {
		t.Fatal(err)
	}
	f.insert("order", 2, 1, 1)
	f.read(2)
	f.wait(func() bool { return r.Status().Err == nil })
}

// TestShortColumnIsExplained has Debezium's own layout, whose columns take 255 characters.
func TestShortColumnIsExplained(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	execute(t, f.url, "ALTER TABLE outboxevent ALTER COLUMN aggregateid TYPE varchar(255)")
	err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		return outbox.In(tx).Publish(t.Context(), placed().New(order{ID: strings.Repeat("x", 256)})).Err()
	})
	if err == nil || !strings.Contains(err.Error(), "of type text") {
		t.Errorf("a key of 256 characters: %v", err)
	}
}
