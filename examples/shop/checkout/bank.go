package checkout

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// ErrDeclined says that the bank does not pay.
var ErrDeclined = errors.New("checkout: the bank declines")

// collect charges an order under the step's key, which is the payment's number. The bank is a table here; another one
// would be a step of its own, which takes the key as its idempotency key.
func (c *Checkout) collect(ctx context.Context, tx pgx.Tx, cart Cart) (string, error) {
	if cart.TotalCents >= DeclinedFrom {
		return "", resilience.Permanent(ErrDeclined)
	}
	key := sagas.Key(ctx)
	_, err := tx.Exec(ctx, `INSERT INTO shop.payments (key, order_id, cents) VALUES ($1, $2, $3)`, key, cart.Order, cart.TotalCents)
	return key, failed("charge", cart.Order, err)
}

// refund undoes collect.
func (c *Checkout) refund(ctx context.Context, tx pgx.Tx, cart Cart, payment string) error {
	_, err := tx.Exec(ctx, `UPDATE shop.payments SET refunded_at = now() WHERE key = $1`, payment)
	return failed("refund", cart.Order, err)
}
