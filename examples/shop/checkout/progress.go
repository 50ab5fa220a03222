package checkout

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/sagas"
)

// ProgressGroup is the consumer group that keeps what the page shows of checkouts.
const ProgressGroup = "shop-progress"

// Progress is how far an order has come, and what was done for it.
type Progress struct {
	Order string `json:"order"`
	// State is the machine's, empty before the order is open, and Version counts its transitions.
	State   State `json:"state"`
	Version int64 `json:"version"`
	// Saga is where the checkout is, and Reason why it has failed, was cancelled or is parked.
	Saga    sagas.Status `json:"saga"`
	Reason  string       `json:"reason,omitzero"`
	Journal []Entry      `json:"journal"`
}

// Entry is a line of the journal.
type Entry struct {
	At time.Time `json:"at"`
	// Source is "order", the machine, or "checkout", the saga.
	Source  string  `json:"source"`
	Text    string  `json:"text"`
	Outcome Outcome `json:"outcome"`
}

// Outcome is what became of a step or an event.
type Outcome string

// The outcomes.
const (
	Done   Outcome = "done"
	Undone Outcome = "undone"
	Failed Outcome = "failed"
)

// Follow keeps the progress of orders until ctx ends, and hands it on after each change, perhaps more than once.
func (c *Checkout) Follow(ctx context.Context, b *bus.Bus, hand func(context.Context, Progress) error) error {
	note := func(ctx context.Context, order string, write func(context.Context, pgx.Tx, string) error) error {
		delivered, _ := bus.DeliveredFrom(ctx)
		return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error { // whose lock of the order's row lets nobody hand an older one on after this
			if err := write(ctx, tx, delivered.Record.ID()); err != nil {
				return failed("note progress", order, err)
			}
			progress, err := read(ctx, tx, order)
			if err != nil {
				return err
			}
			return hand(ctx, progress)
		})
	}
	return b.Subscribe(ctx, ProgressGroup,
		bus.On(Orders.Transitions(), func(ctx context.Context, m machines.Moved[State, Event, Facts]) error {
			return note(ctx, m.ID, func(ctx context.Context, tx pgx.Tx, event string) error { return moved(ctx, tx, event, m) })
		}),
		bus.On(c.Flow.Told(), func(ctx context.Context, t sagas.Told) error {
			return note(ctx, t.ID, func(ctx context.Context, tx pgx.Tx, event string) error { return told(ctx, tx, event, t) })
		}))
}

func moved(ctx context.Context, tx pgx.Tx, event string, m machines.Moved[State, Event, Facts]) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO shop.progress AS p (order_id, state, version) VALUES ($1, $2, $3)
		ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, version = excluded.version WHERE p.version < excluded.version`,
		m.ID, m.To, m.Version)
	if err != nil {
		return err //nolint:wrapcheck // wrapped by note
	}
	return enter(ctx, tx, m.ID, event, Entry{At: m.At, Source: "order", Text: fmt.Sprintf("%s → %s", m.Event, m.To), Outcome: Done})
}

func told(ctx context.Context, tx pgx.Tx, event string, t sagas.Told) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO shop.progress AS p (order_id, saga, reason) VALUES ($1, $2, $3)
		ON CONFLICT (order_id) DO UPDATE SET saga = excluded.saga, reason = excluded.reason
		WHERE p.saga NOT IN ('completed', 'compensated', 'abandoned')`, t.ID, t.Status, t.Reason)
	if err != nil {
		return err //nolint:wrapcheck // wrapped by note
	}
	var entries []Entry
	for _, done := range t.Done {
		e := Entry{At: done.When, Source: "checkout", Text: done.Step, Outcome: Done}
		switch {
		case done.Error != "":
			e.Text, e.Outcome = done.Step+": "+done.Error, Failed
		case done.Undo:
			e.Outcome = Undone
		}
		entries = append(entries, e)
	}
	return enter(ctx, tx, t.ID, event, entries...)
}

func enter(ctx context.Context, tx pgx.Tx, order, event string, entries ...Entry) error {
	for i, e := range entries {
		_, err := tx.Exec(ctx, `
			INSERT INTO shop.journal (order_id, event_id, line, at, source, text, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT DO NOTHING`, order, event, i, e.At, e.Source, e.Text, e.Outcome)
		if err != nil {
			return err //nolint:wrapcheck // wrapped by note
		}
	}
	return nil
}

// Progress reads how far an order has come. One of which nothing is known yet has no state.
func (c *Checkout) Progress(ctx context.Context, order string) (p Progress, err error) {
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, c.pool, moment, func(tx pgx.Tx) error {
		p, err = read(ctx, tx, order)
		return err
	})
	return p, err
}

// read sees the state and the journal at one moment, where nobody else can write them.
func read(ctx context.Context, tx pgx.Tx, order string) (Progress, error) {
	p := Progress{Order: order, Journal: []Entry{}}
	rows, _ := tx.Query(ctx, `SELECT state, version, saga, reason FROM shop.progress WHERE order_id = $1`, order) // CollectRows says it
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		return struct{}{}, row.Scan(&p.State, &p.Version, &p.Saga, &p.Reason)
	})
	if err != nil {
		return p, failed("read progress", order, err)
	}
	rows, _ = tx.Query(ctx, `SELECT at, source, text, outcome FROM shop.journal WHERE order_id = $1 ORDER BY at, seq`, order)
	if p.Journal, err = pgx.AppendRows(p.Journal, rows, pgx.RowToStructByPos[Entry]); err != nil {
		return p, failed("read progress", order, err)
	}
	return p, nil
}
