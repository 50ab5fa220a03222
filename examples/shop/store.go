package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/mail"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/sagas"
)

// The errors of the store.
var (
	ErrNotFound = errors.New("shop: there is no such order")
	ErrConflict = errors.New("shop: the id belongs to another order")
)

type store struct {
	pool *pgxpool.Pool
	flow *sagas.Flow[checkout.Cart, checkout.Receipt]
	mail *jobs.Kind[mail.Mail, jobs.None]
}

// place writes the order, its event, the start of its checkout and the job that mails its confirmation in one transaction. Asking for the
// same order again returns the one that is there; created says which of the two happened. Another order under the same id gives
// [ErrConflict].
func (s store) place(ctx context.Context, d Draft) (state OrderState, created bool, err error) {
	order := d.place(now())
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		created, err = insert(ctx, tx, order, d.Email)
		if err != nil || !created {
			return err
		}
		out := outbox.In(tx)
		err = out.Publish(ctx, OrderPlaced.New(order), s.flow.New(order.ID, order.cart())).Err()
		if err != nil || d.Email == "" {
			return err
		}
		return jobs.Enqueue(ctx, out, s.mail.New(confirmation(order, d.Email), jobs.ID(order.ID+"/placed"))).Err()
	})
	if err != nil {
		return OrderState{}, false, fmt.Errorf("shop: place order %s: %w", d.ID, err)
	}
	if created {
		return OrderState{Order: order, Email: d.Email, Status: StatusPlaced}, true, nil
	}
	state, err = s.get(ctx, d.ID)
	if err == nil && !state.asks(d) {
		err = fmt.Errorf("%w: %s", ErrConflict, d.ID)
	}
	return state, false, err
}

func insert(ctx context.Context, tx pgx.Tx, o Order, email string) (bool, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO shop.orders (id, customer, email, total_cents, placed_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO NOTHING`, o.ID, o.Customer, email, o.TotalCents, o.PlacedAt)
	if err != nil || tag.RowsAffected() == 0 {
		return false, err //nolint:wrapcheck // wrapped by place
	}
	skus, quantities, prices := make([]string, len(o.Items)), make([]int, len(o.Items)), make([]int64, len(o.Items))
	for i, item := range o.Items {
		skus[i], quantities[i], prices[i] = item.SKU, item.Quantity, item.PriceCents
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO shop.order_items (order_id, line, sku, quantity, price_cents)
		SELECT $1, line, sku, quantity, price_cents
		FROM unnest($2::text[], $3::int[], $4::bigint[]) WITH ORDINALITY AS i (sku, quantity, price_cents, line)`,
		o.ID, skus, quantities, prices)
	return err == nil, err //nolint:wrapcheck // wrapped by place
}

const selectOrders = `
	SELECT o.seq, o.id, o.customer, o.email, o.total_cents, o.placed_at, f.accepted_at,
		(SELECT json_agg(json_build_object('sku', sku, 'quantity', quantity, 'price_cents', price_cents) ORDER BY line)
		 FROM shop.order_items WHERE order_id = o.id)
	FROM shop.orders o LEFT JOIN shop.fulfilments f ON f.order_id = o.id `

func (s store) get(ctx context.Context, id string) (OrderState, error) {
	found, _, err := s.query(ctx, selectOrders+`WHERE o.id = $1`, id)
	switch {
	case err != nil:
		return OrderState{}, fmt.Errorf("shop: read order %s: %w", id, err)
	case len(found) == 0:
		return OrderState{}, fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return found[0], nil
}

// recent returns up to limit orders, newest first, that came before the cursor, and the cursor of the next page; zero
// stands for the newest page and for no further one.
func (s store) recent(ctx context.Context, before int64, limit int) ([]OrderState, int64, error) {
	found, last, err := s.query(ctx, selectOrders+`WHERE $1::bigint = 0 OR o.seq < $1 ORDER BY o.seq DESC LIMIT $2`, before, limit+1)
	if err != nil {
		return nil, 0, fmt.Errorf("shop: list orders: %w", err)
	}
	if len(found) <= limit {
		return found, 0, nil
	}
	return found[:limit], last + 1, nil
}

// query returns the orders and the sequence number of the last one.
func (s store) query(ctx context.Context, sql string, args ...any) ([]OrderState, int64, error) {
	rows, err := s.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, 0, err //nolint:wrapcheck // wrapped by its callers
	}
	var seq int64
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (OrderState, error) {
		state := OrderState{Status: StatusPlaced}
		var accepted *time.Time
		err := row.Scan(&seq, &state.ID, &state.Customer, &state.Email, &state.TotalCents, &state.PlacedAt, &accepted, &state.Items)
		state.PlacedAt = state.PlacedAt.UTC()
		if accepted != nil {
			state.Status, state.AcceptedAt = StatusAccepted, accepted.UTC()
		}
		return state, err //nolint:wrapcheck // wrapped by its callers
	})
	return found, seq, err //nolint:wrapcheck // wrapped by its callers
}
