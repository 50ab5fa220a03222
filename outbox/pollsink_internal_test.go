package outbox

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgtest"
)

// pollTest is a polled database, and a topic in memory that takes records and a checkpoint together.
type pollTest struct {
	*testing.T
	pool    *pgxpool.Pool
	source  pollSource
	at      checkpoint
	records []bus.Record
	kills   map[string]int
}

func newPollTest(t *testing.T, opts ...TableOption) *pollTest {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), pgtest.Open(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if err := Migrate(t.Context(), pool, append(opts, Polled())...); err != nil {
		t.Fatal(err)
	}
	r, err := NewRelay(pool.Config().ConnString(), Polled(), PollEvery(5*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	return &pollTest{T: t, pool: pool, source: r.source.(pollSource), kills: map[string]int{}}
}

func (p *pollTest) exec(statements ...string) {
	p.Helper()
	for _, sql := range statements {
		if _, err := p.pool.Exec(p.Context(), sql); err != nil {
			p.Fatalf("%s: %v", sql, err)
		}
	}
}

// one opens a session as the next owner, and publishes what the next look finds within that time.
func (p *pollTest) one(within time.Duration) (ids []string) {
	p.Helper()
	f, err := p.source.open(p.Context(), p.at, claim{})
	if err != nil {
		p.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.Context(), within)
	defer cancel()
	b, err := f.next(ctx)
	if err == nil {
		p.at, p.records = b.end(), append(p.records, b.records...)
		err = f.committed(p.Context(), p.at)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		p.Error(err)
	}
	if err := f.close(p.Context()); err != nil {
		p.Error(err)
	}
	for _, r := range b.records {
		ids = append(ids, r.ID())
	}
	return ids
}

var errKilled = errors.New("killed by the test")

// owners publish, one after the other, each until it is killed between two steps, until done says so and no row is left.
func (p *pollTest) owners(random *rand.Rand, done func() bool) {
	for limit := time.Now().Add(time.Minute); !done() || p.left() > 0 && time.Now().Before(limit); {
		f, err := p.source.open(p.Context(), p.at, claim{})
		if err != nil {
			p.Fatal(err)
		}
		last, err := p.owner(f.(*pollFeed), random)
		if err != nil && !errors.Is(err, errKilled) {
			p.Error(err)
			return
		}
		p.kills[last]++
		_ = f.(*pollFeed).conn.PgConn().Conn().Close()
	}
}

// owner returns after which step it was killed.
func (p *pollTest) owner(f *pollFeed, random *rand.Rand) (string, error) {
	kill := func() bool { return random.IntN(6) == 0 }
	for {
		ctx, cancel := context.WithTimeout(p.Context(), 50*time.Millisecond)
		b, err := f.next(ctx)
		cancel()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			return "idle", nil
		case err != nil:
			return "", err
		case kill():
			return "read", errKilled
		}
		// The Kafka transaction; of a batch with a record that is refused, a part is one of its own.
		n := len(b.records)
		if random.IntN(4) == 0 {
			n = random.IntN(n) + 1
		}
		p.at, p.records = b.at(n), append(p.records, b.records[:n]...)
		if n < len(b.records) || kill() {
			return "published", errKilled
		}
		if err := f.committed(p.Context(), p.at); err != nil {
			return "", err
		}
		if kill() {
			ctx, cancel := context.WithTimeout(p.Context(), time.Duration(random.IntN(3000))*time.Microsecond)
			_, err := f.look(ctx)
			cancel()
			return map[bool]string{true: "deleted", false: "deleting"}[err == nil], errKilled
		}
	}
}

func (p *pollTest) left() (rows int) {
	p.Helper()
	if err := p.pool.QueryRow(p.Context(), "SELECT count(*) FROM outboxevent").Scan(&rows); err != nil {
		p.Fatal(err)
	}
	return rows
}

// judge holds the topic against the table "truth", which writers fill in the transactions of their events.
func (p *pollTest) judge() {
	p.Helper()
	rows, err := p.pool.Query(p.Context(), "SELECT id::text FROM truth")
	if err != nil {
		p.Fatal(err)
	}
	missing := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			p.Fatal(err)
		}
		missing[id] = true
	}
	committed, versions := len(missing), map[string]int{}
	for _, r := range p.records {
		if !missing[r.ID()] {
			p.Errorf("%s was published twice, or never committed", r.ID())
		}
		delete(missing, r.ID())
		version, err := strconv.Atoi(r.Subject())
		if err != nil || version <= versions[string(r.Key)] {
			p.Errorf("aggregate %s: version %d after %d, %v", r.Key, version, versions[string(r.Key)], err)
		}
		versions[string(r.Key)] = version
	}
	if len(missing) > 0 {
		p.Errorf("%d of %d events were not published: %v", len(missing), committed, slices.Collect(maps.Keys(missing))[:1])
	}
	if left := p.left(); left > 0 {
		p.Errorf("%d rows are left", left)
	}
	p.Logf("%d events, %d aggregates, %v", committed, len(versions), p.kills)
}
