package hooks

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
)

// Delivery is how the delivery of an event to an endpoint is.
type Delivery struct {
	Endpoint string `json:"endpoint"`
	Event    string `json:"event"`
	Type     string `json:"type"`
	Attempt  int    `json:"attempt"`
	// Status is the last answer's, 0 where there was none, and Failed is why.
	Status  int       `json:"status,omitzero"`
	Failed  string    `json:"failed,omitzero"`
	Outcome string    `json:"outcome"`
	At      time.Time `json:"at"`
	TookMS  float64   `json:"took_ms"`
	// Next is when the next attempt is due, if there is one.
	Next *time.Time `json:"next,omitempty"`
}

func delivery(a webhooks.Attempted) Delivery {
	d := Delivery{
		Endpoint: a.Endpoint, Event: a.Event, Type: a.Type, Attempt: a.Number, Status: a.Status, Failed: a.Failed, Outcome: a.Outcome,
		At: a.At, TookMS: float64(a.Took) / float64(time.Millisecond),
	}
	if !a.Next.IsZero() {
		d.Next = &a.Next
	}
	return d
}

// Follow keeps how deliveries are until ctx ends, and hands on each attempt, and what becomes of endpoints, perhaps more than once.
func (h *Hooks) Follow(
	ctx context.Context, b *bus.Bus, attempted func(context.Context, Delivery) error, noticed func(context.Context, webhooks.Notice) error,
) error {
	return b.Subscribe(ctx, ToldGroup,
		bus.On(h.hooks.Attempts(), func(ctx context.Context, a webhooks.Attempted) error {
			d := delivery(a)
			_, err := h.pool.Exec(ctx, `
				INSERT INTO shop.deliveries AS d (endpoint, event, type, attempt, status, failed, outcome, at, took_ms, next)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
				ON CONFLICT (endpoint, event) DO UPDATE SET attempt = excluded.attempt, status = excluded.status, failed = excluded.failed,
					outcome = excluded.outcome, at = excluded.at, took_ms = excluded.took_ms, next = excluded.next
				WHERE d.at <= excluded.at`, d.Endpoint, d.Event, d.Type, d.Attempt, d.Status, d.Failed, d.Outcome, d.At, d.TookMS, d.Next)
			if err != nil {
				return fmt.Errorf("hooks: note the delivery of %s: %w", d.Event, err)
			}
			return attempted(ctx, d)
		}),
		bus.On(h.hooks.Notices(), noticed))
}

// Report is what the page shows at first, besides the endpoints.
type Report struct {
	// Receiver is the URL of the shop's own receiver, or empty.
	Receiver string   `json:"receiver,omitzero"`
	Received Received `json:"received"`
	// Deliveries are those with the last attempts, the newest first.
	Deliveries []Delivery `json:"deliveries"`
}

const shown = 30

// Report reads how deliveries are.
func (h *Hooks) Report(ctx context.Context) (r Report, err error) {
	r.Receiver = h.receiver
	rows, _ := h.pool.Query(ctx, `
		SELECT endpoint, event, type, attempt, status, failed, outcome, at, took_ms, next FROM shop.deliveries ORDER BY at DESC LIMIT $1`, shown)
	if r.Deliveries, err = pgx.AppendRows([]Delivery{}, rows, pgx.RowToStructByPos[Delivery]); err != nil {
		return r, fmt.Errorf("hooks: report: %w", err)
	}
	r.Received, err = h.received(ctx) // after the deliveries: what is said to be delivered has been received
	return r, err
}
