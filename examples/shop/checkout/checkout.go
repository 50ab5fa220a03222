package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/postgres"
)

// Group is the partition group that runs machine and saga.
const Group = "shop-checkout"

// Checkout brings orders on. It is safe for concurrent use.
type Checkout struct {
	pool  *pgxpool.Pool
	group *partitions.Group
	pace  Pace

	// Flow is the saga "checkout", whose ids are those of orders.
	Flow *sagas.Flow[Cart, Receipt]

	open, reserve   *sagas.Step[Cart, struct{}]
	charge          *sagas.Step[Cart, string]
	pay, pack, ship *sagas.Step[mark, struct{}]
}

// mark is what an order's machine is told, and under which number.
type mark struct {
	Order  string `json:"order"`
	Number string `json:"number,omitzero"`
}

// Option changes a checkout.
type Option interface{ apply(*Checkout) }

type option func(*Checkout)

func (o option) apply(c *Checkout) { o(c) }

// At is how long people take. By default each state can be seen for a second or two.
func At(p Pace) Option { return option(func(c *Checkout) { c.pace = p }) }

// stepTimeout bounds one attempt of a step.
const stepTimeout = 10 * time.Second

// Migrate makes the table in which it is noted what the steps of checkouts have done.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	ledger, err := postgres.New(pool)
	if err == nil {
		err = ledger.Migrate(ctx)
	}
	if err != nil {
		return fmt.Errorf("checkout: migrate: %w", err)
	}
	return nil
}

// New makes a checkout on a database that has the shop's schema.
func New(pool *pgxpool.Pool, b *bus.Bus, opts ...Option) (*Checkout, error) {
	c := &Checkout{pool: pool, pace: usualPace()}
	for _, opt := range opts {
		opt.apply(c)
	}
	limit := sagas.Timeout(stepTimeout)
	c.open = sagas.NewStep("open", func(ctx context.Context, cart Cart) (struct{}, error) {
		return c.tell(ctx, cart.Order, Opening{TotalCents: cart.TotalCents}, Fresh)
	}, func(ctx context.Context, cart Cart, _ struct{}) error {
		_, err := c.tell(ctx, cart.Order, Cancelling{Reason: "the checkout was undone"}, Cancelled)
		if errors.Is(err, machines.ErrNotAllowed) {
			return nil // it was never open, or has expired
		}
		return err
	}, limit)
	ledger, err := postgres.New(pool)
	if err != nil {
		return nil, fmt.Errorf("checkout: %w", err)
	}
	c.reserve = sagas.Database("reserve", ledger, c.take, c.giveBack, limit)
	c.charge = sagas.Database("charge", ledger, c.collect, c.refund, limit)
	tell := func(name string, payload func(mark) machines.Payload[Event], to ...State) *sagas.Step[mark, struct{}] {
		return sagas.NewStep(name, func(ctx context.Context, m mark) (struct{}, error) {
			return c.tell(ctx, m.Order, payload(m), to...)
		}, nil, limit)
	}
	c.pay = tell("pay", func(m mark) machines.Payload[Event] { return Paying{Payment: m.Number} }, Paid)
	c.pack = tell("pack", func(mark) machines.Payload[Event] { return Packing{} }, Packed)
	c.ship = tell("ship", func(m mark) machines.Payload[Event] { return Shipping{Parcel: m.Number} }, Shipped, Delivered)
	c.Flow = sagas.Define("checkout", c.run)
	if c.group, err = partitions.New(b, Group, Orders.Part(), c.Flow.Part()); err != nil {
		return nil, fmt.Errorf("checkout: %w", err)
	}
	return c, nil
}

// Contracts are what the checkout's topics hold.
func (c *Checkout) Contracts() []bus.Definition {
	return append(Orders.Contracts(), c.Flow.Contracts()...)
}

// Check is the health check of what brings orders on.
func (c *Checkout) Check() observe.Check { return c.group.Check() }

// Run brings orders on until ctx ends.
func (c *Checkout) Run(ctx context.Context) error { return c.group.Run(ctx) }

// tell asks the order's machine to take an event that leads to a state, and from there by itself perhaps to others. An order that is in one of them
// has taken it, in an attempt whose answer was lost. One that does not take it stands elsewhere, and the checkout cannot go on.
func (c *Checkout) tell(ctx context.Context, order string, event machines.Payload[Event], to ...State) (struct{}, error) {
	_, err := Orders.Ask(ctx, c.group, order, event)
	refused, ok := errors.AsType[*machines.NotAllowedError](err)
	switch {
	case err == nil, ok && !refused.Missing && slices.Contains(to, State(refused.State)):
		return struct{}{}, nil
	case ok:
		return struct{}{}, resilience.Permanent(refused)
	}
	return struct{}{}, fmt.Errorf("checkout: tell the order %s: %w", order, err)
}

// Cancel gives an order up for a customer, unless it is too late, which is a [machines.NotAllowedError]. The machine decides;
// the saga then undoes what was done, also where this process dies between the two: its next step is refused.
func (c *Checkout) Cancel(ctx context.Context, to bus.Publisher, order string) error {
	if _, err := c.tell(ctx, order, Cancelling{Reason: "by the customer"}, Cancelled); err != nil {
		return err
	}
	return c.Flow.Cancel(ctx, to, "the customer cancelled", order).Err()
}
