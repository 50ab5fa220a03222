package hooks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/partitions"
)

// The hooks and their groups. Their topics are shop.events, shop.deliveries and shop.told.
const (
	Name       = "shop"
	Group      = "shop-webhooks"       // the partition group that delivers
	EventGroup = "shop-webhook-events" // the consumer group that says what happened
	ToldGroup  = "shop-deliveries"     // the consumer group that keeps what the page shows
)

// Hooks deliver the shop's events. It is safe for concurrent use.
type Hooks struct {
	pool     *pgxpool.Pool
	hooks    *webhooks.Hooks
	group    *partitions.Group
	receiver string
}

// Config is what hooks need to know of their surroundings.
type Config struct {
	// Receiver is the URL of the shop's own receiver, as http://127.0.0.1:8080/hooks/receiver: the one address on this machine that deliveries
	// may go to. Where it is empty there is none.
	Receiver string
	// Seal encrypts the endpoints' secrets: see [SealKey]. Without it they are in the clear in Kafka.
	Seal webhooks.SealKey
	// Log is told of trouble; nil means [slog.Default].
	Log *slog.Logger
}

const (
	shards       = 3
	maxEndpoints = 10
	failures     = 20 // in a row, after which an endpoint rests: more than one order has with ?fail=2
	cooldown     = 2 * time.Second
)

// schedule is quicker than the one that Standard Webhooks recommends, so that a visitor sees it.
func schedule() []time.Duration {
	return []time.Duration{time.Second, 4 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour}
}

// New makes hooks on a database that has the shop's schema.
func New(pool *pgxpool.Pool, b *bus.Bus, c Config) (*Hooks, error) {
	guard, err := guard(c.Receiver)
	if err != nil {
		return nil, err
	}
	opts := []webhooks.Option{
		webhooks.Through(guard), webhooks.Shards(shards), webhooks.Schedule(schedule()...), webhooks.Breaker(failures, cooldown),
		webhooks.MaxEndpoints(maxEndpoints), webhooks.Logger(cmp.Or(c.Log, slog.Default())),
	}
	if c.Seal.ID != "" {
		opts = append(opts, webhooks.Sealed(c.Seal))
	}
	h := &Hooks{pool: pool, receiver: c.Receiver, hooks: webhooks.Define(Name, opts...)}
	if h.group, err = partitions.New(b, Group, h.hooks.Part()); err != nil {
		return nil, fmt.Errorf("hooks: %w", err)
	}
	return h, nil
}

// Contracts are what the hooks' topics hold.
func (h *Hooks) Contracts() []bus.Definition { return h.hooks.Contracts() }

// Check is the health check of what delivers.
func (h *Hooks) Check() observe.Check { return h.group.Check() }

// Run delivers until ctx ends.
func (h *Hooks) Run(ctx context.Context) error { return h.group.Run(ctx) }

// changed is what partners are told of an order.
type changed struct {
	Order   string         `json:"order"`
	State   checkout.State `json:"state"`
	Version int64          `json:"version"`
}

type moved = machines.Moved[checkout.State, checkout.Event, checkout.Facts]

// Tell tells the endpoints what happens to orders until ctx ends: that they are placed, as the caller shapes it, and what becomes of them. An event
// that comes again is told once.
func (h *Hooks) Tell(ctx context.Context, b *bus.Bus, placed bus.SubscribeOption) error {
	return b.Subscribe(ctx, EventGroup, placed, webhooks.From(h.hooks, b, checkout.Orders.Transitions(), func(m moved) (webhooks.Event, error) {
		if m.From == m.To {
			return webhooks.Event{}, nil // it is opened: nothing that a partner waits for
		}
		data, err := json.Marshal(changed{m.ID, m.To, m.Version})
		return webhooks.Event{Type: "order." + string(m.To), Time: m.At, Data: data}, err //nolint:wrapcheck // of a struct of texts there is none
	}))
}

// From tells endpoints of a contract's events: see [webhooks.From].
func From[T any](h *Hooks, p bus.Publisher, e bus.Event[T], shape func(T) (webhooks.Event, error)) bus.SubscribeOption {
	return webhooks.From(h.hooks, p, e, shape)
}
