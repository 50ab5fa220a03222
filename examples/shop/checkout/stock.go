package checkout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// ErrSoldOut says that there is not enough of a product.
var ErrSoldOut = errors.New("checkout: sold out")

// take reserves stock. What the shop keeps no stock of is made to order.
func (c *Checkout) take(ctx context.Context, tx pgx.Tx, cart Cart) (struct{}, error) {
	lines := slices.SortedStableFunc(slices.Values(cart.Lines), func(a, b Line) int { return cmp.Compare(a.SKU, b.SKU) }) // no deadlocks
	for i, line := range lines {
		_, err := tx.Exec(ctx, `INSERT INTO shop.reservations (key, line, order_id, sku, quantity) VALUES ($1, $2, $3, $4, $5)`,
			sagas.Key(ctx), i, cart.Order, line.SKU, line.Quantity)
		if err == nil {
			err = lower(ctx, tx, line)
		}
		if err != nil {
			return struct{}{}, failed("reserve", cart.Order, err)
		}
	}
	return struct{}{}, nil
}

func lower(ctx context.Context, tx pgx.Tx, line Line) error {
	tag, err := tx.Exec(ctx, `UPDATE shop.stock SET quantity = quantity - $2 WHERE sku = $1 AND quantity >= $2`, line.SKU, line.Quantity)
	if err != nil || tag.RowsAffected() == 1 {
		return err //nolint:wrapcheck // wrapped by the caller
	}
	var kept bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM shop.stock WHERE sku = $1)`, line.SKU).Scan(&kept); err != nil || !kept {
		return err //nolint:wrapcheck // wrapped by the caller
	}
	return resilience.Permanent(fmt.Errorf("%w: %s", ErrSoldOut, line.SKU))
}

// giveBack undoes take.
func (c *Checkout) giveBack(ctx context.Context, tx pgx.Tx, cart Cart, _ struct{}) error {
	_, err := tx.Exec(ctx, `
		WITH given AS (DELETE FROM shop.reservations WHERE key = $1 RETURNING sku, quantity),
			sums AS (SELECT sku, sum(quantity) AS quantity FROM given GROUP BY sku)
		UPDATE shop.stock s SET quantity = s.quantity + sums.quantity FROM sums WHERE s.sku = sums.sku`, sagas.Key(ctx))
	return failed("give back", cart.Order, err)
}

// failed says what could not be done for an order.
func failed(what, order string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("checkout: %s for order %s: %w", what, order, err)
}
