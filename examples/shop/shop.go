package shop

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/hooks"
	"github.com/millrace/millrace/examples/shop/mail"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/push"
)

// Deps are the parts that a shop stands on. Whoever makes a shop runs and closes them: the outbox relay and the hub
// must run for orders to travel.
type Deps struct {
	Pool *pgxpool.Pool // a database that [Migrate] and the outbox's migration have prepared
	Bus  *bus.Bus
	Hub  *push.Hub // serves GET /events
}

// Shop is the order service. It is safe for concurrent use.
type Shop struct {
	store  store
	bus    *bus.Bus
	check  *checkout.Checkout
	pace   []checkout.Option
	mail   *mail.Office
	hooks  *hooks.Hooks
	tell   hooks.Config
	hub    *push.Hub
	log    *slog.Logger
	outbox func(context.Context) (OutboxLag, error)
	kafka  string
	broker string
	page   *template.Template
	assets map[string]asset

	around  func(*httpapi.Errors) (httpapi.Steps, error)
	handler http.Handler
}

// Option changes a shop.
type Option interface{ apply(*Shop) }

type option func(*Shop)

func (o option) apply(s *Shop) { o(s) }

// Logger takes the shop's log; by default it is discarded.
func Logger(log *slog.Logger) Option { return option(func(s *Shop) { s.log = log }) }

// Outbox lets GET /lag and the page say how far the relay is behind.
func Outbox(lag func(context.Context) (OutboxLag, error)) Option {
	return option(func(s *Shop) { s.outbox = lag })
}

// KafkaAddress is the cluster's address as [bus.Open] takes it, by default 127.0.0.1:9092. The commands that the page offers have its first broker,
// and the document at /asyncapi.json says how it is reached, without a password.
func KafkaAddress(address string) Option { return option(func(s *Shop) { s.kafka = address }) }

// Pace is how long people take to approve, pack and ship; by default each state of an order can be seen.
func Pace(p checkout.Pace) Option {
	return option(func(s *Shop) { s.pace = append(s.pace, checkout.At(p)) })
}

// Webhooks says where the shop's own receiver of webhooks is, and what seals their secrets; by default there is no receiver, and secrets are
// in the clear in Kafka.
func Webhooks(c hooks.Config) Option { return option(func(s *Shop) { s.tell = c }) }

// Around makes what stands before the shop's routes besides what it puts there itself: errors, which the steps may answer with, cross-origin
// protection and limits. By default nothing does.
func Around(steps func(*httpapi.Errors) (httpapi.Steps, error)) Option {
	return option(func(s *Shop) { s.around = steps })
}

// New makes a shop.
func New(deps Deps, opts ...Option) (*Shop, error) {
	if deps.Pool == nil || deps.Bus == nil || deps.Hub == nil {
		return nil, errors.New("shop: new: give Deps a Pool, a Bus and a Hub")
	}
	page, assets, err := loadPage()
	if err != nil {
		return nil, fmt.Errorf("shop: new: %w", err)
	}
	s := &Shop{
		bus: deps.Bus, hub: deps.Hub, log: slog.New(slog.DiscardHandler),
		kafka: "127.0.0.1:9092", page: page, assets: assets,
		around: func(*httpapi.Errors) (httpapi.Steps, error) { return httpapi.Steps{}, nil },
	}
	for _, opt := range opts {
		opt.apply(s)
	}
	brokers, _, err := bus.Seeds(s.kafka)
	if err != nil {
		return nil, fmt.Errorf("shop: new: %w", err)
	}
	s.broker = brokers[0]
	if s.check, err = checkout.New(deps.Pool, deps.Bus, s.pace...); err != nil {
		return nil, fmt.Errorf("shop: new: %w", err)
	}
	if s.mail, err = mail.New(deps.Pool, deps.Bus, mail.Outbound{}, jobs.Logger(s.log)); err != nil {
		return nil, fmt.Errorf("shop: new: %w", err)
	}
	s.tell.Log = cmp.Or(s.tell.Log, s.log)
	if s.hooks, err = hooks.New(deps.Pool, deps.Bus, s.tell); err != nil {
		return nil, fmt.Errorf("shop: new: %w", err)
	}
	s.store = store{pool: deps.Pool, flow: s.check.Flow, mail: s.mail.Send}
	if s.handler, err = s.routes(); err != nil {
		return nil, fmt.Errorf("shop: new: %w", err)
	}
	return s, nil
}

// Contracts are all that the shop's topics hold, for [bus.Bus.Verify], which must have seen them before the shop runs.
func (s *Shop) Contracts() []bus.Definition {
	return slices.Concat(s.check.Contracts(), s.mail.Contracts(), s.hooks.Contracts(), []bus.Definition{OrderPlaced})
}

// Checks are the health checks of the shop's groups; whoever makes a shop has those of its parts.
func (s *Shop) Checks() []observe.Check {
	return []observe.Check{s.check.Check(), s.mail.Check(), s.hooks.Check()}
}

// Run accepts orders, checks them out and tells customers and partners of them until ctx ends; it finishes what it has begun and returns nil then.
func (s *Shop) Run(ctx context.Context) error {
	running, ending := errgroup.WithContext(ctx)
	for _, part := range []func(context.Context) error{
		func(ctx context.Context) error { return s.bus.Subscribe(ctx, Group, bus.On(OrderPlaced, s.accept)) },
		s.check.Run, s.mail.Run, s.hooks.Run,
		func(ctx context.Context) error { return s.check.Follow(ctx, s.bus, s.progress) },
		func(ctx context.Context) error {
			return s.bus.Subscribe(ctx, MailGroup, bus.On(checkout.Orders.Transitions(), s.shipped))
		},
		func(ctx context.Context) error { return s.mail.Follow(ctx, s.bus, s.mailed) },
		func(ctx context.Context) error {
			return s.hooks.Tell(ctx, s.bus, hooks.From(s.hooks, s.bus, OrderPlaced, forPartners))
		},
		func(ctx context.Context) error { return s.hooks.Follow(ctx, s.bus, s.attempted, s.noticed) },
	} {
		running.Go(func() error { return part(ending) })
	}
	if err := running.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("shop: %w", err)
	}
	return nil
}
