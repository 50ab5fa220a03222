package outbox_test

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/resilience"
)

// consumer is a database with an inbox and the effects of handlers.
type consumer struct {
	*fixture
	db *sql.DB
}

func newConsumer(t *testing.T) *consumer {
	t.Helper()
	at, _ := database(t)
	config, err := pgxpool.ParseConfig(at)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	db, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	db.SetMaxOpenConns(8)
	if err := outbox.Migrate(t.Context(), pool, outbox.OnlyInbox()); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE effects (event text)"); err != nil {
		t.Fatal(err)
	}
	return &consumer{fixture: &fixture{T: t, url: at, pool: pool}, db: db}
}

const effect = "INSERT INTO effects (event) VALUES ($1)"

// viaPgx and viaSQL handle an event as a consumer does. The transaction fails after the effect where fail is set.
func (c *consumer) viaPgx(ctx context.Context, level string, id string, fail bool) error {
	return pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.TxIsoLevel(level)}, func(tx pgx.Tx) error {
		first, err := outbox.Once(ctx, outbox.In(tx), "mailer", id)
		if err == nil && first {
			_, err = tx.Exec(ctx, effect, id)
		}
		if err == nil && fail {
			err = errRollback
		}
		return err
	})
}

func (c *consumer) viaSQL(ctx context.Context, level string, id string, fail bool) error {
	isolation := map[string]sql.IsolationLevel{"serializable": sql.LevelSerializable}[level]
	tx, err := c.db.BeginTx(ctx, &sql.TxOptions{Isolation: isolation})
	if err != nil {
		return err
	}
	first, err := outbox.Once(ctx, outbox.InSQL(tx), "mailer", id)
	if err == nil && first {
		_, err = tx.ExecContext(ctx, effect, id)
	}
	if err != nil || fail {
		return errors.Join(err, tx.Rollback(), map[bool]error{true: errRollback}[fail])
	}
	return tx.Commit()
}

// TestOnceIsExactlyOnce delivers each event many times at once, through both kinds of transaction, and some fail.
func TestOnceIsExactlyOnce(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"read committed", "serializable"} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			c := newConsumer(t)
			const events = 60
			var deliveries sync.WaitGroup
			for delivery := range 4 {
				deliveries.Go(func() {
					handle := []func(context.Context, string, string, bool) error{c.viaPgx, c.viaSQL}[delivery%2]
					for event := range events {
						for attempt := 0; ; attempt++ {
							fail := attempt == 0 && (event+delivery)%3 == 0
							err := handle(t.Context(), level, strconv.Itoa(event), fail)
							if err == nil {
								break
							}
							if !fail && resilience.ClassOf(err) != resilience.ClassTransient {
								t.Errorf("event %d: %v", event, err)
								return
							}
						}
					}
				})
			}
			deliveries.Wait()
			var effects, distinct int
			err := c.pool.QueryRow(t.Context(), "SELECT count(*), count(DISTINCT event) FROM effects").Scan(&effects, &distinct)
			if err != nil || effects != events || distinct != events {
				t.Errorf("%d effects of %d events, want %d: %v", effects, distinct, events, err)
			}
		})
	}
}

// waits is whether somebody waits for a lock in this database: others are of other tests.
const waits = `SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database())`

// TestOnceWaits lets a second transaction come upon an event that a first one is handling, and the first end in each way.
func TestOnceWaits(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	for _, test := range []struct {
		level, end string
		first      bool
		again      bool // it must be run again
	}{
		{"read committed", "commit", false, false},
		{"read committed", "rollback", true, false},
		{"read committed", "die", true, false},
		{"serializable", "commit", false, true},
		{"serializable", "rollback", true, false},
	} {
		id := test.level + test.end
		holder, err := pgx.Connect(t.Context(), c.url)
		if err != nil {
			t.Fatal(err)
		}
		tx, err := holder.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if first, err := outbox.Once(t.Context(), outbox.In(tx), "mailer", id); !first || err != nil {
			t.Fatalf("%s: %t, %v", id, first, err)
		}
		answered := make(chan error, 1)
		var first bool
		go func() {
			answered <- pgx.BeginTxFunc(t.Context(), c.pool, pgx.TxOptions{IsoLevel: pgx.TxIsoLevel(test.level)}, func(tx pgx.Tx) (err error) {
				first, err = outbox.Once(t.Context(), outbox.In(tx), "mailer", id)
				return err
			})
		}()
		c.until(waits)
		switch test.end {
		case "commit":
			err = tx.Commit(t.Context())
		case "rollback":
			err = tx.Rollback(t.Context())
		case "die":
			_, err = c.pool.Exec(t.Context(), "SELECT pg_terminate_backend($1)", holder.PgConn().PID())
		}
		if err != nil {
			t.Fatal(err)
		}
		err = <-answered
		if failed := err != nil; failed != test.again || failed && resilience.ClassOf(err) != resilience.ClassTransient || first != test.first {
			t.Errorf("%s: first %t, %v", id, first, err)
		}
		if err := c.viaPgx(t.Context(), test.level, id, false); err != nil {
			t.Error(err)
		}
		_ = holder.Close(t.Context())
	}
	var effects int
	if err := c.pool.QueryRow(t.Context(), "SELECT count(*) FROM effects").Scan(&effects); err != nil || effects != 0 {
		t.Errorf("%d effects of events that were noted without one, %v", effects, err)
	}
}
