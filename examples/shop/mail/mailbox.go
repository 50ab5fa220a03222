package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/jobs"
)

// Mailbox takes mails that go out. What Put writes by tx is there once the job is done, and not before: when Put returns an error, or its
// node dies, nothing has happened. A mail server is in no transaction: it would be given [jobs.Attempt.Key] as the mail's Message-ID, which is
// the same for each attempt, by a handler of [jobs.Define].
type Mailbox interface {
	Put(ctx context.Context, tx pgx.Tx, a *jobs.Attempt, m Mail) error
}

// Outbound is a mailbox in the table shop.mails. Nothing leaves it: the shop has no mail server. Addresses at two domains fail, to show
// what comes of it.
type Outbound struct{}

// Domains that fail.
const (
	Flaky   = "flaky.example"   // does not answer the first two attempts
	Nowhere = "nowhere.example" // is no domain
)

const flakyAttempts = 2

// Why a mail is not sent.
var (
	ErrUnreachable = errors.New("mail: the server of the domain does not answer")
	ErrNoDomain    = errors.New("mail: there is no such domain")
)

// Put keeps the mail.
func (Outbound) Put(ctx context.Context, tx pgx.Tx, a *jobs.Attempt, m Mail) error {
	_, err := tx.Exec(ctx, `INSERT INTO shop.mails (job_id, attempt, order_id, recipient, subject, body) VALUES ($1, $2, $3, $4, $5, $6)`,
		a.ID(), a.Attempt(), m.Order, m.To, m.Subject, m.Text)
	if err != nil {
		return fmt.Errorf("mail: keep %s: %w", a.ID(), err)
	}
	switch _, domain, _ := strings.Cut(m.To, "@"); {
	case strings.EqualFold(domain, Nowhere):
		return jobs.Discard(ErrNoDomain)
	case strings.EqualFold(domain, Flaky) && a.Attempt() <= flakyAttempts:
		return ErrUnreachable
	}
	return nil
}
