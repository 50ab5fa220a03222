package outbox

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// step looks once in a session, and publishes what it finds.
func (p *pollTest) step(f *pollFeed) (ids []string) {
	p.Helper()
	b, err := f.look(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	p.at, p.records = b.end(), append(p.records, b.records...)
	for _, r := range b.records {
		ids = append(ids, r.ID())
	}
	if err := f.committed(p.Context(), p.at); err != nil {
		p.Fatal(err)
	}
	return ids
}

// TestPollFloor keeps an old snapshot open, which keeps deleted rows in the index, and a transaction with an early seq.
func TestPollFloor(t *testing.T) {
	t.Parallel()
	p := newPollTest(t)
	report, err := p.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	defer report.Rollback(context.WithoutCancel(t.Context()))
	if _, err := report.Exec(t.Context(), "SELECT FROM outboxevent"); err != nil {
		t.Fatal(err)
	}
	opened, err := p.source.open(t.Context(), checkpoint{}, claim{group: "g"})
	if err != nil {
		t.Fatal(err)
	}
	f := opened.(*pollFeed) //nolint:forcetypeassert // nothing else is opened
	defer f.close(context.WithoutCancel(t.Context()))
	raised := func(to int64) {
		t.Helper()
		limit := time.Now().Add(20 * time.Second)
		for f.floor.at < to && time.Now().Before(limit) {
			if got := p.step(f); len(got) != 0 {
				t.Errorf("published again: %v", got)
			}
		}
		if f.floor.at != to {
			t.Errorf("the floor is %d, want %d", f.floor.at, to)
		}
	}
	p.publish(versioned("a", 1), versioned("a", 2))
	if got := p.step(f); len(got) != 2 {
		t.Fatalf("published %v", got)
	}
	raised(2)
	early := versioned("b", 1)
	open, err := p.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := In(open).Publish(t.Context(), early).Err(); err != nil {
		t.Fatal(err)
	}
	for version := range 20 {
		p.publish(versioned("c", version+1))
		if got := p.step(f); len(got) != 1 || f.floor.at > 2 {
			t.Errorf("published %v with the floor at %d, while the seq 3 is to come", got, f.floor.at)
		}
	}
	if err := open.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := p.step(f); len(got) != 1 || got[0] != early.ID() {
		t.Errorf("published %v, want the early one that committed late", got)
	}
	raised(23)
	p.exec("ALTER SEQUENCE outboxevent_seq RESTART")
	p.publish(versioned("d", 1))
	if _, err := f.look(t.Context()); err == nil {
		t.Error("a sequence that went back is not noticed")
	}
}
