package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/jobs/postgres"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/resilience"
)

// Queue is the queue of mails. Its topics are mail.jobs and mail.told, and its group is jobs.mail.
const Queue = "mail"

// Mail is one mail.
type Mail struct {
	Order   string `json:"order"`
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Office sends mails. It is safe for concurrent use.
type Office struct {
	pool   *pgxpool.Pool
	runner *jobs.Runner

	// Send is the kind of job that sends a mail.
	Send *jobs.Kind[Mail, jobs.None]
}

const (
	shards  = 3 // of the queue: as many nodes can work at once
	workers = 8 // mails that a node sends at once
	timeout = 10 * time.Second
	kept    = 24 * time.Hour
)

// retry is quick, so that a visitor sees it: about 1, 2, 4, 8 and 16 seconds, half of each at random.
func retry() resilience.RetryPolicy {
	return resilience.RetryPolicy{Attempts: 6, Initial: time.Second, Max: time.Minute, Multiplier: 2, Jitter: 0.5}
}

// Migrate makes the table in which it is noted which jobs are done.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	ledger, err := postgres.New(pool)
	if err == nil {
		err = ledger.Migrate(ctx)
	}
	if err != nil {
		return fmt.Errorf("mail: migrate: %w", err)
	}
	return nil
}

// New makes an office on a database that has the shop's schema.
func New(pool *pgxpool.Pool, b *bus.Bus, box Mailbox, opts ...jobs.RunnerOption) (*Office, error) {
	ledger, err := postgres.New(pool)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	o := &Office{pool: pool}
	o.Send = jobs.Database("mail.send", ledger, func(ctx context.Context, a *jobs.Attempt, tx pgx.Tx, m Mail) (jobs.None, error) {
		return jobs.None{}, box.Put(ctx, tx, a, m)
	}, jobs.Queue(Queue), jobs.Shards(shards), jobs.Timeout(timeout), jobs.Retry(retry()), jobs.Retain(kept))
	o.runner, err = jobs.New(b, Queue, append([]jobs.RunnerOption{o.Send, jobs.Workers(workers), jobs.Tell()}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return o, nil
}

// Contracts are what the queue's topics hold.
func (o *Office) Contracts() []bus.Definition { return o.runner.Contracts() }

// Check is the health check of what sends them.
func (o *Office) Check() observe.Check { return o.runner.Group().Check() }

// Run sends mails until ctx ends.
func (o *Office) Run(ctx context.Context) error { return o.runner.Run(ctx) }
