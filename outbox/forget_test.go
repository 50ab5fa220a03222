package outbox_test

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/outbox"
)

func TestForget(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	_, err := c.pool.Exec(t.Context(), `INSERT INTO inboxevent (consumer, event, at)
		SELECT 'old', n::text, now() - interval '8 days' FROM generate_series(1, 10001) n
		UNION ALL SELECT 'kept', '1', now() - interval '8 days' UNION ALL SELECT 'old', 'new', now() - interval '6 days'`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{10_000, 1, 0} {
		err := pgx.BeginFunc(t.Context(), c.pool, func(tx pgx.Tx) error {
			removed, err := outbox.Forget(t.Context(), outbox.In(tx), 7*24*time.Hour, "old", "other")
			if removed != want {
				t.Errorf("%d notes were removed, want %d", removed, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tx, err := c.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if removed, err := outbox.Forget(t.Context(), outbox.InSQL(tx), 7*24*time.Hour); removed != 1 || err != nil {
		t.Errorf("of all groups %d, %v", removed, err)
	}
	if first, err := outbox.Once(t.Context(), outbox.InSQL(tx), "old", "new"); first || err != nil {
		t.Errorf("a note that is young enough: %t, %v", first, err)
	}
	for _, bad := range [][2]string{{"", "1"}, {"g", ""}, {"g\x00", "1"}, {"g", "\xff"}, {"g", string(make([]byte, 3000))}} {
		if _, err := outbox.Once(t.Context(), outbox.InSQL(tx), bad[0], bad[1]); !errors.Is(err, outbox.ErrEvent) {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Error(err)
	}
}
