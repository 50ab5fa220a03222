package outbox

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestPollUndeleted has something that keeps published rows from being deleted, as a trigger or a policy does: they are
// not published again and again.
func TestPollUndeleted(t *testing.T) {
	t.Parallel()
	p := newPollTest(t)
	p.exec("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
		"CREATE TRIGGER keep BEFORE DELETE ON outboxevent FOR EACH ROW EXECUTE FUNCTION keep()")
	m := versioned("a", 1)
	if err := pgx.BeginFunc(t.Context(), p.pool, func(tx pgx.Tx) error { return In(tx).Publish(t.Context(), m).Err() }); err != nil {
		t.Fatal(err)
	}
	if got := p.one(10 * time.Second); len(got) != 1 {
		t.Fatalf("published %v", got)
	}
	f, err := p.source.open(t.Context(), p.at, claim{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.next(t.Context())
	if !errors.Is(err, ErrTable) || len(b.records) > 0 {
		t.Errorf("%d records are published again, %v", len(b.records), err)
	}
	_ = f.close(t.Context())
}
