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

// TestTablesMadeAnew makes two of three tables anew, one behind the relay's back and one while it runs: both are told of,
// and one that is gone for good is not.
func TestTablesMadeAnew(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, name := range []string{"second", "third", "gone"} {
		if err := outbox.Migrate(t.Context(), f.pool, outbox.Slot(f.slot), outbox.Table(name)); err != nil {
			t.Fatal(err)
		}
	}
	anew := func(name string) {
		execute(t, f.url, "CREATE TABLE copy (LIKE "+name+" INCLUDING ALL)", "DROP TABLE "+name, "ALTER TABLE copy RENAME TO "+name)
	}
	err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		return outbox.In(tx, outbox.Table("second")).Publish(t.Context(), placed().New(order{ID: "a"})).Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	anew("second")
	r, _ := f.relay(f.bus)
	f.read(1)
	says := func(names string) {
		t.Helper()
		f.wait(func() bool {
			err := r.Status().Err
			return err != nil && strings.Contains(err.Error(), "has lost "+names+",")
		})
	}
	says("public.second")
	anew("third")
	execute(t, f.url, "DROP TABLE gone")
	says("public.second, public.third")
	execute(t, f.url, "ALTER PUBLICATION "+outbox.Publication+" ADD TABLE second")
	says("public.third")
	execute(t, f.url, "ALTER PUBLICATION "+outbox.Publication+" ADD TABLE third")
	f.wait(func() bool { return r.Status().Err == nil })
}

// TestTableIsLocked has a table that is being changed, with a row that was written before: the relay waits for no lock.
func TestTableIsLocked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.insert("order", 1, 1, 1)
	err := pgx.BeginFunc(t.Context(), f.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "LOCK TABLE outboxevent IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		r, _ := f.relay(f.bus)
		f.read(1)
		f.wait(func() bool { return r.Status().WAL != "" })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
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
