package outbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
)

// publish commits events, each in a transaction of its own.
func (p *pollTest) publish(msgs ...bus.Message) {
	p.Helper()
	for _, m := range msgs {
		if err := pgx.BeginFunc(p.Context(), p.pool, func(tx pgx.Tx) error { return In(tx).Publish(p.Context(), m).Err() }); err != nil {
			p.Error(err)
		}
	}
}

// TestPollIsWoken has a relay that would sleep for an hour, and a commit.
func TestPollIsWoken(t *testing.T) {
	t.Parallel()
	p := newPollTest(t, Notify())
	opened, err := p.source.open(t.Context(), checkpoint{}, claim{group: "g"})
	if err != nil {
		t.Fatal(err)
	}
	f := opened.(*pollFeed) //nolint:forcetypeassert // nothing else is opened
	for range 3 {
		f.pause, f.longest = time.Hour, time.Hour
		go p.publish(versioned("a", 1))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		b, err := f.next(ctx)
		cancel()
		if err != nil || len(b.records) != 1 {
			t.Fatalf("%d records, %v", len(b.records), err)
		}
		if err := f.committed(t.Context(), b.end()); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.close(t.Context()); err != nil {
		t.Error(err)
	}
	if left := p.left(); left > 0 {
		t.Errorf("%d rows are left when a relay stops", left)
	}
}

// TestPollStatus has a backlog, looks at a part of it, then at all.
func TestPollStatus(t *testing.T) {
	t.Parallel()
	var status Status
	told := pollTold{note: func(change func(*Status)) { change(&status) }}
	at := time.Now()
	for _, step := range []struct {
		after     time.Duration
		read      int
		all       bool
		published int64
		want      Status
	}{
		{0, 0, true, 0, Status{}},
		{time.Second, 200, false, 0, Status{Behind: time.Second}},
		{500 * time.Millisecond, 200, false, 200, Status{Behind: 1500 * time.Millisecond, Published: 200}},
		{500 * time.Millisecond, 7, true, 400, Status{Published: 400, Rate: 400}},
		{500 * time.Millisecond, 7, true, 407, Status{Published: 407, Rate: 400}},
		{1500 * time.Millisecond, 0, true, 414, Status{Published: 414, Rate: 7}},
	} {
		at = at.Add(step.after)
		status.Published = step.published
		if told.tell(at, step.read, step.all); status != step.want {
			t.Errorf("%+v, want %+v", status, step.want)
		}
	}
}

// TestPollRefuses names what keeps a table from being polled.
func TestPollRefuses(t *testing.T) {
	t.Parallel()
	p := newPollTest(t)
	refused := func(table string, by claim, advice string) {
		t.Helper()
		source := p.source
		source.table = table
		if _, err := source.open(t.Context(), checkpoint{}, by); !errors.Is(err, ErrTable) || !strings.Contains(err.Error(), advice) {
			t.Errorf("it ended with %v, want %q", err, advice)
		}
	}
	refused("elsewhere", claim{group: "a"}, "outbox.Polled()")
	f, err := p.source.open(t.Context(), checkpoint{}, claim{group: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused("outboxevent", claim{group: "b"}, `the group "a"`)
	p.exec("DROP TRIGGER outbox_polled ON outboxevent")
	refused("outboxevent", claim{group: "a"}, "outbox.Polled()")
}

// TestPollIsBounded reads large rows a few at a time, and stops before one that makes no record.
func TestPollIsBounded(t *testing.T) {
	t.Parallel()
	p := newPollTest(t)
	p.exec(`INSERT INTO outboxevent (id, aggregatetype, aggregateid, type, payload)
		SELECT gen_random_uuid(), CASE n WHEN 40 THEN '' ELSE 'order' END, n::text, 't', to_json(repeat('x', 900000)) FROM generate_series(1, 45) n`)
	for n := 0; n < 39; {
		got := p.one(time.Minute)
		size := 0
		for _, r := range p.records[n:] {
			size += len(r.Value)
		}
		if n += len(got); len(got) == 0 || size > queueBytes+1<<20 {
			t.Fatalf("%d records of %d bytes", len(got), size)
		}
	}
	f, err := p.source.open(t.Context(), p.at, claim{})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := f.next(t.Context()); !errors.Is(err, ErrTable) {
		t.Errorf("a row without aggregatetype made %d records, %v", len(b.records), err)
	}
	if err := f.close(t.Context()); err != nil {
		t.Error(err)
	}
}
