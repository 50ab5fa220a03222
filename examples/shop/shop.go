package shop

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
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
	hub    *push.Hub
	log    *slog.Logger
	outbox func(context.Context) (OutboxLag, error)
	kafka  string
	page   *template.Template
	assets map[string]asset
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

// KafkaAddress is the broker's address in the commands that the page offers, by default 127.0.0.1:9092.
func KafkaAddress(address string) Option { return option(func(s *Shop) { s.kafka = address }) }

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
		store: store{pool: deps.Pool}, bus: deps.Bus, hub: deps.Hub, log: slog.New(slog.DiscardHandler),
		kafka: "127.0.0.1:9092", page: page, assets: assets,
	}
	for _, opt := range opts {
		opt.apply(s)
	}
	return s, nil
}

// Run accepts orders until ctx ends; it finishes those that it has begun and returns nil then.
func (s *Shop) Run(ctx context.Context) error {
	err := s.bus.Subscribe(ctx, Group, bus.On(OrderPlaced, s.accept))
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("shop: %w", err)
	}
	return nil
}
