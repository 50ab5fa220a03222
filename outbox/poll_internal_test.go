package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
)

// versioned is an event of one version of an aggregate.
func versioned(aggregate string, version int) bus.Message {
	return bus.Record{Topic: "outbox.event.order", Key: []byte(aggregate), Value: fmt.Append(nil, version), Headers: bus.Headers{
		{Key: "ce_id", Value: []byte(uuid.NewString())}, {Key: "ce_subject", Value: fmt.Append(nil, version)},
	}}.Message()
}

// write is a step of a transaction: it takes the aggregate's lock and writes its next events, by a writer that knows of
// the poller or not, and sometimes in a savepoint that is rolled back.
func write(ctx context.Context, tx pgx.Tx, random *rand.Rand, aggregate string) error {
	for range 1 + random.IntN(3) {
		var version int
		err := tx.QueryRow(ctx, "UPDATE aggregates SET version = version + 1 WHERE id = $1 RETURNING version", aggregate).Scan(&version)
		if err != nil {
			return err
		}
		opts := [][]TableOption{nil, {Polled()}, {Keep()}}[random.IntN(3)]
		err = pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error {
			m := versioned(aggregate, version)
			if err := In(inner, opts...).Publish(ctx, m).Err(); err != nil {
				return err
			}
			if random.IntN(5) == 0 {
				return errKilled
			}
			_, err := inner.Exec(ctx, "INSERT INTO truth (id) VALUES ($1::text::uuid)", m.ID())
			return err
		})
		if err != nil && !errors.Is(err, errKilled) {
			return err
		}
	}
	return nil
}

// TestPollExactlyOnce lets writers commit in any order, some much later than others and some not at all, while owners
// of the relay die between all steps.
func TestPollExactlyOnce(t *testing.T) {
	t.Parallel()
	p := newPollTest(t)
	p.exec("CREATE TABLE truth (id uuid PRIMARY KEY)", "CREATE TABLE aggregates (id text PRIMARY KEY, version int NOT NULL)",
		"INSERT INTO aggregates SELECT 'a' || n, 0 FROM generate_series(0, 9) n")
	const writers, rounds = 6, 60
	var writing sync.WaitGroup
	for writer := range writers {
		writing.Go(func() {
			random := rand.New(rand.NewPCG(uint64(writer), 7))
			for round := range rounds {
				first := random.IntN(10)
				err := pgx.BeginFunc(t.Context(), p.pool, func(tx pgx.Tx) error {
					if err := write(t.Context(), tx, random, fmt.Sprint("a", min(first, 8))); err != nil {
						return err
					}
					if round%10 == writer { // it keeps its early seq open for long
						if _, err := tx.Exec(t.Context(), "SELECT pg_sleep(0.1)"); err != nil {
							return err
						}
					}
					if err := write(t.Context(), tx, random, "a9"); err != nil {
						return err
					}
					if random.IntN(5) == 0 {
						return errKilled
					}
					return nil
				})
				if err != nil && !errors.Is(err, errKilled) {
					t.Error(err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	p.owners(rand.New(rand.NewPCG(1, 2)), func() bool {
		select {
		case <-written:
			return true
		default:
			return false
		}
	})
	p.judge()
	for _, step := range []string{"read", "published"} {
		if p.kills[step] == 0 {
			t.Errorf("no owner died after %q", step)
		}
	}
}

// TestPollPassesNothingOver commits a transaction that wrote first after one that wrote second was published.
func TestPollPassesNothingOver(t *testing.T) {
	t.Parallel()
	p := newPollTest(t)
	early, late := versioned("a", 1), versioned("b", 1)
	open, err := p.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := In(open).Publish(t.Context(), early).Err(); err != nil {
		t.Fatal(err)
	}
	if err := pgx.BeginFunc(t.Context(), p.pool, func(tx pgx.Tx) error { return In(tx).Publish(t.Context(), late).Err() }); err != nil {
		t.Fatal(err)
	}
	if got := p.one(time.Minute); len(got) != 1 || got[0] != late.ID() {
		t.Errorf("published %v, want the one that is committed", got)
	}
	if got := p.one(20 * time.Millisecond); len(got) != 0 {
		t.Errorf("published %v before it was committed, or twice", got)
	}
	if err := open.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.one(time.Minute); len(got) != 1 || got[0] != early.ID() {
		t.Errorf("published %v, want the one that committed late", got)
	}
}

// TestPollHandsOver changes who publishes, forth and back, while transactions are open: each row is of one relay.
func TestPollHandsOver(t *testing.T) {
	t.Parallel()
	p := newPollTest(t)
	publish := func(m bus.Message) {
		t.Helper()
		if err := pgx.BeginFunc(t.Context(), p.pool, func(tx pgx.Tx) error { return In(tx).Publish(t.Context(), m).Err() }); err != nil {
			t.Fatal(err)
		}
	}
	polls, logs, again := versioned("a", 1), versioned("a", 2), versioned("a", 3)
	publish(polls)
	if err := Migrate(t.Context(), p.pool); err != nil { // by a service that does not know
		t.Fatal(err)
	}
	if err := Migrate(t.Context(), p.pool, Replicated()); err != nil {
		t.Fatal(err)
	}
	publish(logs)
	if err := Migrate(t.Context(), p.pool, Polled()); err != nil {
		t.Fatal(err)
	}
	publish(again)
	got := append(p.one(time.Minute), p.one(20*time.Millisecond)...)
	if fmt.Sprint(got) != fmt.Sprint([]string{polls.ID(), again.ID()}) {
		t.Errorf("polled %v", got)
	}
	conn, err := p.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	rows, _ := logged(t, conn.Conn())
	if len(rows) != 1 || rows[0].ID() != logs.ID() {
		t.Errorf("of the log are %d rows", len(rows))
	}
}
