package shop

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/mail"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/outbox"
)

// MailGroup is the consumer group that has customers told of what was shipped.
const MailGroup = "shop-mail"

// confirmation is the mail that says that an order has come. It is enqueued with the order: see [store.place].
func confirmation(o Order, to string) mail.Mail {
	var text strings.Builder
	fmt.Fprintf(&text, "Dear %s,\n\nthank you for your order %s:\n\n", o.Customer, o.ID)
	for _, item := range o.Items {
		fmt.Fprintf(&text, "  %d × %s\n", item.Quantity, item.SKU)
	}
	fmt.Fprintf(&text, "\nTogether %s.\n", euros(o.TotalCents))
	return mail.Mail{Order: o.ID, To: to, Subject: "We have your order", Text: text.String()}
}

func euros(cents int64) string { return fmt.Sprintf("€%d.%02d", cents/100, cents%100) } //nolint:mnd // cents of a euro

type moved = machines.Moved[checkout.State, checkout.Event, checkout.Facts]

// shipped enqueues the mail that says that an order is on its way. The event may come again: that it was handled is noted in the
// transaction that enqueues the job, so there is one job.
func (s *Shop) shipped(ctx context.Context, m moved) error {
	if m.To != checkout.Shipped {
		return nil
	}
	delivered, _ := bus.DeliveredFrom(ctx)
	err := pgx.BeginFunc(ctx, s.store.pool, func(tx pgx.Tx) error {
		out := outbox.In(tx)
		first, err := outbox.Once(ctx, out, MailGroup, delivered.Record.ID())
		if err != nil || !first {
			return err
		}
		var customer, to string
		err = tx.QueryRow(ctx, `SELECT customer, email FROM shop.orders WHERE id = $1`, m.ID).Scan(&customer, &to)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && to == "" {
			return nil // whoever ordered wants no mail
		} else if err != nil {
			return err //nolint:wrapcheck // wrapped below
		}
		return jobs.Enqueue(ctx, out, s.mail.Send.New(mail.Mail{
			Order: m.ID, To: to, Subject: "Your order is on its way",
			Text: fmt.Sprintf("Dear %s,\n\nyour order %s has left us as %s.\n", customer, m.ID, m.Data.Parcel),
		}, jobs.ID(m.ID+"/shipped"))).Err()
	})
	if err != nil {
		return fmt.Errorf("shop: mail of the shipped order %s: %w", m.ID, err)
	}
	return nil
}

// mailed tells the browsers how a mail's job is.
func (s *Shop) mailed(ctx context.Context, j mail.Job) error {
	if err := Mails.Publish(ctx, s.bus, j.ID, j).Err(); err != nil {
		return fmt.Errorf("shop: broadcast the job %s: %w", j.ID, err)
	}
	return nil
}

// showMail answers GET /mail: the queue and the mailbox.
func (s *Shop) showMail(ctx context.Context, _ nothing) (answer operations.Answer[mail.Report], err error) {
	answer.Body, err = s.mail.Report(ctx)
	return answer, err
}
