package postgres_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/postgres"
	"github.com/millrace/millrace/sagas/sagastest"
)

var shared struct {
	sync.Once
	dir    string
	server *pgserver.Server
	url    string
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		_ = shared.server.Stop(context.Background())
	}
	if shared.dir != "" {
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

// bank has an account in a database of which nothing else is known.
type bank struct {
	pool   *pgxpool.Pool
	ledger *postgres.Ledger
	calls  int
	fail   error
}

func open(t *testing.T, table string) *bank {
	t.Helper()
	shared.Do(func() {
		if shared.url = os.Getenv("DATABASE_URL"); shared.url != "" {
			return
		}
		if shared.dir, shared.err = os.MkdirTemp("", "sagastest"); shared.err == nil { //nolint:usetesting // it is for all tests
			_ = os.Chmod(shared.dir, 0o711)
			if shared.server, shared.err = pgserver.Start(context.Background(), shared.dir+"/pg", "fsync=off",
				"shared_buffers=32MB"); shared.err == nil {
				shared.url = shared.server.URL
			}
		}
	})
	pgtest.Require(t, shared.err)
	pool, err := pgxpool.New(t.Context(), shared.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	ledger, err := postgres.New(pool, postgres.Table("public."+table))
	if err == nil {
		err = errors.Join(ledger.Migrate(t.Context()), ledger.Migrate(t.Context()))
	}
	if err == nil {
		_, err = pool.Exec(t.Context(),
			"DROP TABLE IF EXISTS "+table+"_account; CREATE TABLE "+table+"_account AS SELECT 100 AS cents; TRUNCATE "+table)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &bank{pool: pool, ledger: ledger}
}

func (b *bank) cents(t *testing.T, table string) (cents int) {
	t.Helper()
	if err := b.pool.QueryRow(t.Context(), "SELECT cents FROM "+table+"_account").Scan(&cents); err != nil {
		t.Fatal(err)
	}
	return cents
}

// step takes cents from the account of a table.
func (b *bank) step(table string) *sagas.Step[int, string] {
	add := func(ctx context.Context, tx pgx.Tx, by int) error {
		b.calls++
		_, err := tx.Exec(ctx, "UPDATE "+table+"_account SET cents = cents + $1", by)
		return errors.Join(err, b.fail)
	}
	return sagas.Database("take", b.ledger,
		func(ctx context.Context, tx pgx.Tx, by int) (string, error) { return "taken", add(ctx, tx, -by) },
		func(ctx context.Context, tx pgx.Tx, by int, was string) error {
			if was != "taken" {
				return errors.New("of what?")
			}
			return add(ctx, tx, by)
		}, sagas.Retry(resilience.RetryPolicy{Attempts: 2, Multiplier: 1}))
}

// flow takes, and fails where it is told to.
func flow(step *sagas.Step[int, string]) *sagas.Flow[bool, string] {
	return sagas.Define("taking", func(s *sagas.Saga, fail bool) (string, error) {
		out, err := sagas.Do(s, step, 7)
		if err == nil && fail {
			err = errors.New("no")
		}
		return out, err
	})
}

func TestOnce(t *testing.T) {
	t.Parallel()
	b := open(t, "once")
	run := sagastest.Run(t, flow(b.step("once")), false, sagastest.Crashes())
	if run.Result != "taken" || b.cents(t, "once") != 93 || b.calls != 1 {
		t.Errorf("%d cents after %d calls: %+v", b.cents(t, "once"), b.calls, run)
	}
}

func TestUndo(t *testing.T) {
	t.Parallel()
	b := open(t, "undo")
	run := sagastest.Run(t, flow(b.step("undo")), true, sagastest.Crashes())
	if run.Status != sagas.Compensated || b.cents(t, "undo") != 100 || b.calls != 2 {
		t.Errorf("%d cents after %d calls: %+v", b.cents(t, "undo"), b.calls, run)
	}
	if run := sagastest.Run(t, flow(b.step("undo")), false); run.Status != sagas.Compensated || b.calls != 2 || b.cents(t, "undo") != 100 {
		t.Errorf("a step has come after it was undone: %+v", run)
	}
}

func TestAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t, "atonce")
	step := b.step("atonce")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if run := sagastest.Run(t, flow(step), false); run.Result != "taken" {
				t.Errorf("%+v", run)
			}
		})
	}
	all.Wait()
	if b.cents(t, "atonce") != 93 || b.calls != 1 {
		t.Errorf("%d cents after %d calls", b.cents(t, "atonce"), b.calls)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	b := open(t, "errs")
	b.fail = context.DeadlineExceeded
	run := sagastest.Run(t, flow(b.step("errs")), false)
	if run.Status != sagas.Compensated || b.cents(t, "errs") != 100 || b.calls != 2 || run.History.Entries[0].Failed.Unknown {
		t.Errorf("%d cents after %d calls: %+v", b.cents(t, "errs"), b.calls, run)
	}
	cut := sagas.Database("cut", b.ledger, func(ctx context.Context, tx pgx.Tx, _ int) (string, error) {
		return "", tx.Conn().Close(ctx)
	}, nil, sagas.Retry(resilience.RetryPolicy{Attempts: 1, Multiplier: 1}))
	if run := sagastest.Run(t, flow(cut), false); run.Status != sagas.Compensated {
		t.Errorf("%+v", run)
	}
	var pool *pgxpool.Pool
	if _, err := postgres.New(nil); err == nil {
		t.Error("a ledger of nothing was made")
	}
	if _, err := postgres.New(pool, postgres.Table("a; drop")); err == nil {
		t.Error("a table of that name was taken")
	}
	lost := errors.New("the line is down")
	if err := b.ledger.Within(t.Context(), func(pgx.Tx) error { return lost }); !errors.Is(err, lost) {
		t.Error(err)
	}
	err := b.ledger.Within(t.Context(), func(tx pgx.Tx) error { return tx.Conn().Close(t.Context()) })
	if resilience.ClassOf(err) != resilience.ClassIndefinite {
		t.Errorf("a commit that nobody has answered is %s: %v", resilience.ClassOf(err), err)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	b := open(t, "forgotten")
	sagastest.Run(t, flow(b.step("forgotten")), false)
	if n, err := b.ledger.Forget(t.Context(), time.Hour); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := b.ledger.Forget(t.Context(), 0); err == nil {
		t.Error("an age of nothing was taken")
	}
	if _, err := b.pool.Exec(t.Context(), "UPDATE forgotten SET at = at - interval '2 hours'"); err != nil {
		t.Fatal(err)
	}
	if n, err := b.ledger.Forget(t.Context(), time.Hour); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
