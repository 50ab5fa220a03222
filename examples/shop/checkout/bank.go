package checkout

import (
	"context"
	"errors"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// ErrDeclined says that the bank does not pay.
var ErrDeclined = errors.New("checkout: the bank declines")

// collect charges an order, once for the step's key, which is the payment's number. The bank is a table here; another one
// would take the key as its idempotency key.
func (c *Checkout) collect(ctx context.Context, cart Cart) (string, error) {
	if cart.TotalCents >= DeclinedFrom {
		return "", resilience.Permanent(ErrDeclined)
	}
	key := sagas.Key(ctx)
	_, err := c.pool.Exec(ctx, `
		INSERT INTO shop.payments (key, order_id, cents) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, key, cart.Order, cart.TotalCents)
	return key, failed("charge", cart.Order, err)
}

// refund undoes collect, as often as it is called.
func (c *Checkout) refund(ctx context.Context, cart Cart, _ string) error {
	_, err := c.pool.Exec(ctx, `UPDATE shop.payments SET refunded_at = now() WHERE key = $1 AND refunded_at IS NULL`, sagas.Key(ctx))
	return failed("refund", cart.Order, err)
}
