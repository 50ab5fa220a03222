package mail

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

// Group is the consumer group that keeps what the page shows of the queue.
const Group = "shop-mail-told"

// Job is how a mail's job is.
type Job struct {
	ID      string     `json:"id"`
	State   jobs.State `json:"state"`
	Attempt int        `json:"attempt"`
	// Due is when a job that is retrying comes again.
	Due    *time.Time `json:"due,omitempty"`
	Reason string     `json:"reason,omitzero"`
	At     time.Time  `json:"at"`
	// Mail is what was sent, of a job that is done.
	Mail *Kept `json:"mail,omitempty"`
}

// Kept is a mail in the mailbox.
type Kept struct {
	Job     string `json:"job"`
	Attempt int    `json:"attempt"` // the one that kept it
	Mail
	At time.Time `json:"at"`
}

// Follow keeps how jobs are until ctx ends, and hands it on after each change, perhaps more than once.
func (o *Office) Follow(ctx context.Context, b *bus.Bus, hand func(context.Context, Job) error) error {
	return b.Subscribe(ctx, Group, bus.On(o.runner.Told(), func(ctx context.Context, t jobs.Told) error {
		delivered, _ := bus.DeliveredFrom(ctx)
		if err := o.note(ctx, t, delivered.Record.Offset); err != nil {
			return fmt.Errorf("mail: note the job %s: %w", t.ID, err)
		}
		job := Job{ID: t.ID, State: t.State, Attempt: t.Attempt, Reason: t.Reason, At: t.At}
		if !t.Due.IsZero() {
			job.Due = &t.Due
		}
		if t.State == jobs.Done {
			mails, err := o.mails(ctx, `WHERE job_id = $1 LIMIT 1`, t.ID)
			if err != nil {
				return err
			}
			if len(mails) > 0 {
				job.Mail = &mails[0]
			}
		}
		return hand(ctx, job)
	}))
}

// note takes what is told in its order: one job's events are in one partition.
func (o *Office) note(ctx context.Context, t jobs.Told, offset int64) error {
	var due *time.Time
	if !t.Due.IsZero() {
		due = &t.Due
	}
	_, err := o.pool.Exec(ctx, `
		INSERT INTO shop.mail_jobs AS j (id, state, attempt, due, reason, at, told) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, attempt = excluded.attempt, due = excluded.due,
			reason = excluded.reason, at = excluded.at, told = excluded.told
		WHERE j.told < excluded.told`, t.ID, t.State, t.Attempt, due, t.Reason, t.At, offset)
	return err //nolint:wrapcheck // wrapped by Follow
}

// Report is what the page shows at first.
type Report struct {
	// Counts are of all jobs that were ever told of, by state.
	Counts map[jobs.State]int `json:"counts"`
	Jobs   []Job              `json:"jobs"` // those that changed last, the newest first
	// Kept is how many mails the mailbox has: when a job is told to be done, its mail is there.
	Kept  int    `json:"kept"`
	Mails []Kept `json:"mails"` // those that were kept last, the newest first
}

const shown = 30

// Report reads how the queue is.
func (o *Office) Report(ctx context.Context) (Report, error) {
	r := Report{Counts: map[jobs.State]int{}, Jobs: []Job{}}
	rows, _ := o.pool.Query(ctx, `SELECT state, count(*) FROM shop.mail_jobs GROUP BY state`) // ForEachRow says what is wrong
	var state jobs.State
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { r.Counts[state] = n; return nil }); err != nil {
		return r, fmt.Errorf("mail: report: %w", err)
	}
	if err := o.pool.QueryRow(ctx, `SELECT count(*) FROM shop.mails`).Scan(&r.Kept); err != nil {
		return r, fmt.Errorf("mail: report: %w", err)
	}
	rows, _ = o.pool.Query(ctx, `SELECT id, state, attempt, due, reason, at FROM shop.mail_jobs ORDER BY at DESC, told DESC LIMIT $1`, shown)
	var err error
	r.Jobs, err = pgx.AppendRows(r.Jobs, rows, func(row pgx.CollectableRow) (j Job, err error) {
		return j, row.Scan(&j.ID, &j.State, &j.Attempt, &j.Due, &j.Reason, &j.At)
	})
	if err != nil {
		return r, fmt.Errorf("mail: report: %w", err)
	}
	r.Mails, err = o.mails(ctx, `ORDER BY id DESC LIMIT $1`, shown)
	return r, err
}

func (o *Office) mails(ctx context.Context, which string, arg any) ([]Kept, error) {
	rows, _ := o.pool.Query(ctx, `SELECT job_id, attempt, order_id, recipient, subject, body, kept_at FROM shop.mails `+which, arg)
	mails, err := pgx.AppendRows([]Kept{}, rows, func(row pgx.CollectableRow) (k Kept, err error) {
		return k, row.Scan(&k.Job, &k.Attempt, &k.Order, &k.To, &k.Subject, &k.Text, &k.At)
	})
	if err != nil {
		return nil, fmt.Errorf("mail: read mails: %w", err)
	}
	return mails, nil
}
