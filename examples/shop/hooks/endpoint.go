package hooks

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/jobs/webhooks"
)

// Registered is an endpoint that was just made, with the secret that its receiver verifies by, which is shown this once.
type Registered struct {
	Endpoint webhooks.Endpoint `json:"endpoint"`
	Secret   string            `json:"secret"`
}

// Register makes an endpoint that is told of events of some types, or of all. What is refused is [webhooks.ErrSettings] or
// [webhooks.ErrTooMany].
func (h *Hooks) Register(ctx context.Context, target string, types ...string) (Registered, error) {
	if err := h.check(target); err != nil {
		return Registered{}, err
	}
	endpoint, key, err := h.hooks.Create(ctx, h.group, "", webhooks.Settings{URL: target, Types: types})
	if err != nil {
		return Registered{}, err
	}
	made := Registered{endpoint, key.Reveal()}
	if u, err := url.Parse(target); err == nil && h.own(u) { // the shop's own receiver is told the secret, as a partner's would be
		_, err := h.pool.Exec(ctx, `INSERT INTO shop.receiver_secrets (endpoint, secret) VALUES ($1, $2)`, endpoint.ID, made.Secret)
		if err != nil {
			return Registered{}, errors.Join(fmt.Errorf("hooks: register: %w", err), h.Remove(context.WithoutCancel(ctx), endpoint.ID))
		}
	}
	return made, nil
}

// Remove ends an endpoint and all that waits for it. What is not there is [webhooks.ErrNoEndpoint].
func (h *Hooks) Remove(ctx context.Context, id string) error {
	if err := h.hooks.Delete(ctx, h.group, id); err != nil {
		return err
	}
	_, err := h.pool.Exec(ctx, `
		WITH secrets AS (DELETE FROM shop.receiver_secrets WHERE endpoint = $1) DELETE FROM shop.deliveries WHERE endpoint = $1`, id)
	if err != nil {
		return fmt.Errorf("hooks: remove %s: %w", id, err)
	}
	return nil
}

// Endpoints says of all endpoints how they fare.
func (h *Hooks) Endpoints(ctx context.Context) ([]webhooks.Description, error) {
	endpoints, err := h.hooks.List(ctx, h.group)
	if err != nil {
		return nil, err
	}
	found := make([]webhooks.Description, len(endpoints))
	asking, ctx := errgroup.WithContext(ctx)
	for i, endpoint := range endpoints {
		asking.Go(func() (err error) {
			found[i], err = h.hooks.Describe(ctx, h.group, endpoint.ID)
			if errors.Is(err, webhooks.ErrNoEndpoint) {
				found[i], err = webhooks.Description{Endpoint: endpoint}, nil // it is being made, or removed
			}
			return err
		})
	}
	return found, asking.Wait() //nolint:wrapcheck // it says whose it is
}

const sealBytes = 32

// SealKey is the key that encrypts the endpoints' secrets in Kafka. The shop has one in its database, which is made when it is first asked for; where
// there is a key management service, it is better kept there.
func SealKey(ctx context.Context, pool *pgxpool.Pool) (webhooks.SealKey, error) {
	fresh := make([]byte, sealBytes)
	_, _ = rand.Read(fresh) // never fails
	key := webhooks.SealKey{ID: "shop-1"}
	_, err := pool.Exec(ctx, `INSERT INTO shop.seal_keys (id, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING`, key.ID, fresh)
	if err == nil {
		err = pool.QueryRow(ctx, `SELECT secret FROM shop.seal_keys WHERE id = $1`, key.ID).Scan(&key.Secret)
	}
	if err != nil {
		return key, fmt.Errorf("hooks: seal key: %w", err)
	}
	return key, nil
}
