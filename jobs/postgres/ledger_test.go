package postgres_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/jobs/postgres"
	"github.com/millrace/millrace/resilience"
)

// unsure is a ledger whose first commits are not answered.
type unsure struct {
	*postgres.Ledger

	left atomic.Int32
}

func (u *unsure) Within(ctx context.Context, f func(pgx.Tx) error) error {
	err := u.Ledger.Within(ctx, f)
	if err == nil && u.left.Add(-1) >= 0 {
		err = resilience.Indefinite(errors.New("no answer"))
	}
	return err
}

func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		dir, err := os.MkdirTemp("", "jobstest") //nolint:usetesting // its rights are another user's
		if err == nil {
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			err = os.Chmod(dir, 0o711)
		}
		pgtest.Require(t, err)
		server, err := pgserver.Start(t.Context(), dir+"/pg", "fsync=off", "shared_buffers=32MB")
		pgtest.Require(t, err)
		t.Cleanup(func() { _ = server.Stop(context.Background()) })
		url = server.URL
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// TestOnce does jobs whose commits are not answered, that fail first, and that are done twice at the same time: each effect is there once.
func TestOnce(t *testing.T) {
	t.Parallel()
	pool := database(t)
	ledger, err := postgres.New(pool, postgres.Table("once_jobs"))
	if err == nil {
		err = errors.Join(ledger.Migrate(t.Context()), ledger.Migrate(t.Context()))
	}
	if err == nil {
		_, err = pool.Exec(t.Context(), "DROP TABLE IF EXISTS once_effects; CREATE TABLE once_effects (job text); TRUNCATE once_jobs")
	}
	if err != nil {
		t.Fatal(err)
	}
	notes := &unsure{Ledger: ledger}
	notes.left.Store(3)
	var calls atomic.Int32
	kind := jobs.Database("charge", notes, func(ctx context.Context, a *jobs.Attempt, tx pgx.Tx, in string) (string, error) {
		calls.Add(1)
		_, err := tx.Exec(ctx, "INSERT INTO once_effects VALUES ($1)", a.ID())
		if in == "fails first" && a.Attempt() == 1 {
			err = errors.Join(err, errors.New("not yet"))
		}
		return in + "!", err
	}, jobs.Shards(2), jobs.Retain(time.Hour),
		jobs.Retry(resilience.RetryPolicy{Attempts: 9, Initial: time.Millisecond, Max: time.Millisecond, Multiplier: 1}))
	b := bustest.Open(t)
	r, err := jobs.New(b, "default", kind)
	if err == nil {
		err = b.Verify(t.Context(), r.Contracts()...)
	}
	if err == nil {
		err = jobs.Enqueue(t.Context(), b, kind.New("a", jobs.ID("a")), kind.New("b", jobs.ID("b")), kind.New("c", jobs.ID("c")),
			kind.New("fails first", jobs.ID("d"))).Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	for _, id := range []string{"a", "b", "c", "d"} {
		var job jobs.Description
		for job.State != jobs.Done && job.State != jobs.Dead {
			job = r.Describe(ctx, id)[0].Job
		}
		if want := map[string]string{"a": `"a!"`, "b": `"b!"`, "c": `"c!"`, "d": `"fails first!"`}[id]; string(job.Output) != want ||
			job.Attempts > 5 {
			t.Errorf("%+v", job)
		}
	}
	stop()
	running.Wait()
	effects := 0
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM once_effects").Scan(&effects); err != nil || effects != 4 || calls.Load() != 5 {
		t.Errorf("%d effects of %d calls, %v", effects, calls.Load(), err)
	}
	var all sync.WaitGroup
	var first atomic.Int32
	for range 8 {
		all.Go(func() {
			if err := ledger.Within(t.Context(), func(tx pgx.Tx) error {
				was, is, err := ledger.Note(t.Context(), tx, "together")
				if is {
					first.Add(1)
					return errors.Join(err, ledger.Keep(t.Context(), tx, "together", []byte("7")))
				} else if string(was) != "7" {
					t.Errorf("%s", was)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if first.Load() != 1 {
		t.Errorf("%d were first", first.Load())
	}
}
