package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/hooks"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/observe/otlp"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/push"
)

// servers are the addresses that a pod works with. Without Redis or S3 it goes without.
type servers struct {
	kafka, database, redis, s3 string
	collecting                 collecting
}

// pod is one process of the example shop: HTTP, relay, hub and consumer.
type pod struct {
	log    *slog.Logger
	otel   *otlp.Telemetry
	pool   *pgxpool.Pool
	bus    *bus.Bus
	redis  *redis.Client
	s3     *s3.Store
	relay  *outbox.Relay
	group  *partitions.Group // runs the relay, and the collector of payloads
	hub    *push.Hub
	shop   *shop.Shop
	health *health
	begun  atomic.Bool
	// console is nil where nobody may look.
	console *admin.Console
	// drain is how long the pod still serves after it has said that it is not ready, so that balancers notice.
	drain time.Duration
}

// newPod connects to the servers, brings their schemas up to date and builds the parts. Close frees what it holds.
// http is where it will answer. room, which may be nil, says why nothing may be written now.
func newPod(ctx context.Context, at servers, http net.Addr, log *slog.Logger, room func(context.Context) error) (*pod, error) {
	otel, err := otlp.Open(ctx, "millrace", otlp.Logger(log), otlp.Version(version()))
	if err != nil {
		return nil, err
	}
	p := &pod{log: slog.New(otel.Handler(log.Handler())), otel: otel}
	p.health = &health{begun: p.beginning, room: room}
	if err := p.connect(ctx, at); err != nil {
		return nil, errors.Join(err, p.close(ctx))
	}
	for _, build := range []func() error{
		func() error { return p.build(at) },
		func() error { return p.sell(ctx, at, http) },
		p.watch,
	} {
		if err := build(); err != nil {
			return nil, errors.Join(err, p.close(ctx))
		}
	}
	return p, nil
}

// watch says what requests stand on. Redis only remembers what was handled: orders are taken without it. Orders are taken
// too while the relay is in trouble or behind: they are told of later, by this pod or another.
func (p *pod) watch() (err error) {
	relay := p.relay.Check()
	relay.Criticality = observe.Advisory
	opts := []observe.HealthOption{
		observe.Metrics(p.otel.Meter()), observe.Logger(p.log),
		observe.Check{Name: "start", Ask: p.beginning},
		p.bus.Check(), outbox.Reachable(p.pool), p.hub.Check(),
		p.group.Check(), relay, p.relay.Lagging(longBehind, farBehind),
	}
	for _, check := range p.shop.Checks() {
		opts = append(opts, check)
	}
	if p.health.room != nil {
		opts = append(opts, observe.Check{Name: "disk", Ask: p.health.room})
	}
	if p.redis != nil {
		opts = append(opts, cache.Reachable(p.redis))
	}
	if p.s3 != nil {
		opts = append(opts, p.s3.Check())
	}
	p.health.Health, err = observe.NewHealth(opts...)
	return err
}

// From when on the outbox is so far behind that it is worth a word.
const (
	longBehind = time.Minute
	farBehind  = 1 << 30 // bytes of log
)

var errBeginning = errors.New("the pod waits for the replication slot and the push hub")

// beginning fails until requests may be served.
func (p *pod) beginning(context.Context) error {
	if !p.begun.Load() {
		return errBeginning
	}
	return nil
}

func (p *pod) connect(ctx context.Context, at servers) (err error) {
	if p.pool, err = pgxpool.New(ctx, at.database); err != nil {
		return errors.New("DATABASE_URL (or --database) must be of the form postgres://user@host:5432/name")
	}
	if err := outbox.Migrate(ctx, p.pool); err != nil {
		return err
	}
	if err := shop.Migrate(ctx, p.pool); err != nil {
		return err
	}
	if at.redis != "" {
		if p.redis, err = redisClient(at.redis); err != nil {
			return err
		}
	}
	if at.s3 != "" {
		if p.s3, err = s3.New(at.s3); err != nil {
			return fmt.Errorf("S3_URL (or --s3): %w", err)
		}
	}
	p.bus, err = bus.Open(ctx, at.kafka, bus.Logger(p.log), bus.ClientID("millrace-shop"), bus.Telemetry(p.otel.Tracer(), p.otel.Meter()))
	return err
}

func (p *pod) build(at servers) (err error) {
	if p.relay, err = outbox.NewRelay(at.database, outbox.Logger(p.log), outbox.Metrics(p.otel.Meter())); err != nil {
		return err
	}
	collector, err := at.collecting.part(p.bus, p.s3, at.database, p.log, p.otel.Meter())
	if err != nil {
		return err
	}
	if p.group, err = partitions.New(p.bus, relayGroup, p.relay.Part(), collector, partitions.Lanes(1), partitions.Shards(1)); err != nil {
		return err
	}
	if p.hub, err = push.New(p.bus, push.Logger(p.log), push.Metrics(p.otel.Meter())); err != nil {
		return err
	}
	return nil
}

// sell makes the shop, behind what every server of an application has.
func (p *pod) sell(ctx context.Context, at servers, http net.Addr) error {
	seal, err := hooks.SealKey(ctx, p.pool)
	if err != nil {
		return err
	}
	p.shop, err = shop.New(shop.Deps{Pool: p.pool, Bus: p.bus, Hub: p.hub}, //nolint:contextcheck // a start's is the record's
		shop.Logger(p.log), shop.KafkaAddress(at.kafka), shop.Outbox(p.outboxLag),
		shop.Webhooks(hooks.Config{Receiver: receiver(http), Seal: seal, Log: p.log}), shop.Around(p.steps))
	if err != nil {
		return err
	}
	return p.bus.Verify(ctx, p.shop.Contracts()...)
}

// receiver is where this process receives webhooks of its own shop.
func receiver(http net.Addr) string {
	at, is := http.(*net.TCPAddr)
	if !is {
		return ""
	}
	own := at.AddrPort()
	if own.Addr().IsUnspecified() {
		own = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), own.Port())
	}
	return "http://" + netip.AddrPortFrom(own.Addr().Unmap(), own.Port()).String() + "/hooks/receiver"
}

// relayGroup is the consumer group whose owner of one shard relays the outbox.
const relayGroup = "millrace-outbox"

func (p *pod) outboxLag(context.Context) (shop.OutboxLag, error) {
	status := p.relay.Status()
	return shop.OutboxLag{Bytes: max(status.Lag, 0), Running: status.Working}, nil
}

// close frees the connections and sends the last telemetry.
func (p *pod) close(ctx context.Context) error {
	var errs []error
	if p.bus != nil {
		errs = append(errs, p.bus.Close())
	}
	if p.redis != nil {
		errs = append(errs, p.redis.Close())
	}
	if p.s3 != nil {
		p.s3.Close()
	}
	if p.pool != nil {
		p.pool.Close()
	}
	return errors.Join(append(errs, p.otel.Shutdown(context.WithoutCancel(ctx)))...)
}
