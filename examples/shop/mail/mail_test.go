package mail_test

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/mail"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/jobs"
)

var shared pgtest.Shared

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}

// post is a database and a broker for offices.
type post struct {
	*testing.T
	pool *pgxpool.Pool
	bus  *bus.Bus
	told chan mail.Job
}

func open(t *testing.T) *post {
	t.Helper()
	p := &post{T: t, bus: bustest.Open(t), told: make(chan mail.Job, 1000)}
	address, _ := shared.Database(t)
	var err error
	if p.pool, err = pgxpool.New(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.pool.Close)
	if err := shop.Migrate(t.Context(), p.pool); err != nil {
		t.Fatal(err)
	}
	return p
}

// office makes an office at work, which ends with close or the test.
func (p *post) office(box mail.Mailbox, opts ...jobs.RunnerOption) (o *mail.Office, end func()) {
	p.Helper()
	o, err := mail.New(p.pool, p.bus, box, opts...)
	if err == nil {
		err = p.bus.Verify(p.Context(), o.Contracts()...)
	}
	if err != nil {
		p.Fatal(err)
	}
	ctx, stop := context.WithCancel(p.Context())
	var running sync.WaitGroup
	for _, part := range []func(context.Context) error{o.Run, func(ctx context.Context) error {
		return o.Follow(ctx, p.bus, func(_ context.Context, j mail.Job) error { p.told <- j; return nil })
	}} {
		running.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				p.Error(err)
			}
		})
	}
	end = sync.OnceFunc(func() {
		stop()
		running.Wait()
	})
	p.Cleanup(end)
	return o, end
}

func (p *post) send(o *mail.Office, mails map[string]string) {
	p.Helper()
	for id, to := range mails {
		if err := jobs.Enqueue(p.Context(), p.bus, o.Send.New(mail.Mail{Order: id, To: to, Subject: "hello"}, jobs.ID(id))).Err(); err != nil {
			p.Fatal(err)
		}
	}
}

// ended waits until so many jobs have ended, and returns them.
func (p *post) ended(n int) map[string]mail.Job {
	p.Helper()
	limit, ended := time.After(2*time.Minute), map[string]mail.Job{}
	for len(ended) < n {
		select {
		case j := <-p.told:
			if j.State.Ended() {
				ended[j.ID] = j
			}
		case <-limit:
			p.Fatalf("%d jobs have ended: %+v", len(ended), ended)
		}
	}
	return ended
}

// kept is how many mails of each job are in the mailbox.
func (p *post) kept() map[string]int {
	p.Helper()
	rows, _ := p.pool.Query(p.Context(), `SELECT job_id, count(*) FROM shop.mails GROUP BY job_id`)
	kept, id, n := map[string]int{}, "", 0
	if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { kept[id] = n; return nil }); err != nil {
		p.Fatal(err)
	}
	return kept
}

func TestFailures(t *testing.T) {
	t.Parallel()
	p := open(t)
	o, _ := p.office(mail.Outbound{})
	p.send(o, map[string]string{"well": "ada@example.com", "shaky": "grace@" + mail.Flaky, "lost": "alan@" + mail.Nowhere})
	ended := p.ended(3)
	if j := ended["well"]; j.State != jobs.Done || j.Attempt != 1 || j.Mail == nil || j.Mail.To != "ada@example.com" || j.Mail.Attempt != 1 {
		t.Errorf("%+v", j)
	}
	if j := ended["shaky"]; j.State != jobs.Done || j.Mail == nil || j.Mail.Attempt != 3 {
		t.Errorf("%+v", j)
	}
	if j := ended["lost"]; j.State != jobs.Dead || j.Reason != mail.ErrNoDomain.Error() || j.Mail != nil {
		t.Errorf("%+v", j)
	}
	if got := p.kept(); !maps.Equal(got, map[string]int{"well": 1, "shaky": 1}) {
		t.Errorf("kept: %v", got)
	}
	report, err := o.Report(t.Context())
	if err != nil || !maps.Equal(report.Counts, map[jobs.State]int{jobs.Done: 2, jobs.Dead: 1}) || len(report.Jobs) != 3 ||
		report.Kept != 2 || len(report.Mails) != 2 {
		t.Errorf("%+v, %v", report, err)
	}
}

// slow is a mailbox whose node goes after it has written a mail, and before that counts.
type slow struct {
	mail.Outbound

	written chan string
}

func (s slow) Put(ctx context.Context, tx pgx.Tx, a *jobs.Attempt, m mail.Mail) error {
	if err := s.Outbound.Put(ctx, tx, a, m); err != nil {
		return err
	}
	s.written <- a.ID()
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestNodeGone(t *testing.T) {
	t.Parallel()
	p := open(t)
	first := slow{written: make(chan string, 1)}
	o, end := p.office(first, jobs.Grace(0))
	p.send(o, map[string]string{"late": "ada@example.com"})
	select {
	case <-first.written:
	case <-time.After(2 * time.Minute):
		t.Fatal("nobody sends the mail")
	}
	end()
	if got := p.kept(); len(got) != 0 {
		t.Errorf("what was not done is kept: %v", got)
	}
	p.office(mail.Outbound{})
	if j := p.ended(1)["late"]; j.State != jobs.Done || j.Attempt < 2 {
		t.Errorf("%+v", j)
	}
	if got := p.kept(); !maps.Equal(got, map[string]int{"late": 1}) {
		t.Errorf("kept: %v", got)
	}
}
