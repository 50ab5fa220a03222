package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgaddress"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/observe/otlp"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

// relayPod is a process with a relay alone.
type relayPod struct {
	log    *slog.Logger
	otel   *otlp.Telemetry
	pool   *pgxpool.Pool // asks whether the database is there, for readiness
	bus    *bus.Bus
	relay  *outbox.Relay
	group  *partitions.Group
	health *health
}

func newRelayPod(ctx context.Context, at servers, log *slog.Logger, r *relaying, names []outbox.NameOption) (_ *relayPod, err error) {
	otel, err := otlp.Open(ctx, "millrace-relay", otlp.Logger(log), otlp.Version(version()))
	if err != nil {
		return nil, err
	}
	p := &relayPod{log: slog.New(otel.Handler(log.Handler())), otel: otel}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close(ctx))
		}
	}()
	opts, err := r.options(p.log, otel, names)
	if err != nil {
		return nil, err
	}
	if p.relay, err = outbox.NewRelay(at.database, opts...); err != nil {
		return nil, err
	}
	if p.pool, err = pool(ctx, at.database); err != nil {
		return nil, err
	}
	if r.migrate {
		if err := migrate(ctx, at.database, names); err != nil {
			return nil, err
		}
	}
	if p.bus, err = bus.Open(ctx, at.kafka, bus.Logger(p.log), bus.ClientID("millrace-relay"),
		bus.Telemetry(otel.Tracer(), otel.Meter())); err != nil {
		return nil, err
	}
	if p.group, err = partitions.New(p.bus, r.group, p.relay.Part(), partitions.Lanes(1), partitions.Shards(1)); err != nil {
		return nil, err
	}
	of, err := observe.NewHealth(observe.Metrics(otel.Meter()), observe.Logger(p.log), p.bus.Check(), outbox.Reachable(p.pool), p.group.Check(),
		p.relay.Check(), p.relay.Lagging(longBehind, farBehind))
	p.health = &health{Health: of}
	return p, err
}

// options are those that only the relay has.
func (r *relaying) options(log *slog.Logger, otel *otlp.Telemetry, names []outbox.NameOption) ([]outbox.RelayOption, error) {
	opts := []outbox.RelayOption{outbox.Logger(log), outbox.Metrics(otel.Meter())}
	for _, name := range names {
		opts = append(opts, name)
	}
	if r.polled {
		opts = append(opts, outbox.PollEvery(r.every))
	}
	if r.letters {
		opts = append(opts, outbox.DeadLetters())
	}
	if r.gap != "" {
		after, err := outbox.ParseLSN(r.gap)
		if err != nil {
			return nil, &usageError{fmt.Errorf("--accept-gap: %w", err)}
		}
		opts = append(opts, outbox.AcceptGap(after))
	}
	if r.connector != "" {
		config, err := os.ReadFile(r.connector)
		if err != nil {
			return nil, fmt.Errorf("--connector: %w", err)
		}
		opts = append(opts, outbox.Connector(config))
	}
	return opts, nil
}

// pool has the one connection that probes need.
func pool(ctx context.Context, address string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errors.New("DATABASE_URL (or --database) must be of the form postgres://user@host:5432/name")
	}
	config.MaxConns = 1
	return pgxpool.NewWithConfig(ctx, config) //nolint:wrapcheck // as it is
}

func migrate(ctx context.Context, address string, names []outbox.NameOption) error {
	conn, err := pgaddress.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("--migrate: %w", err)
	}
	opts := make([]outbox.TableOption, len(names))
	for i, name := range names {
		opts[i] = name
	}
	return errors.Join(outbox.Migrate(ctx, conn, opts...), conn.Close(context.WithoutCancel(ctx)))
}

// serve runs the relay until ctx ends, and answers probes until it has ended.
func (p *relayPod) serve(ctx context.Context, listener net.Listener) error {
	around, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	running, inner := errgroup.WithContext(around)
	running.Go(func() error { return p.otel.Run(inner) })
	running.Go(func() error { return p.health.serve(inner, http.NotFoundHandler(), listener, p.log) })
	running.Go(func() error {
		defer end()
		stop := context.AfterFunc(ctx, p.health.Drain)
		defer stop()
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		failed := context.AfterFunc(inner, cancel)
		defer failed()
		return p.group.Run(own)
	})
	return running.Wait() //nolint:wrapcheck // each says what failed
}

// close frees the connections and sends the last telemetry.
func (p *relayPod) close(ctx context.Context) error {
	var errs []error
	if p.bus != nil {
		errs = append(errs, p.bus.Close())
	}
	if p.pool != nil {
		p.pool.Close()
	}
	return errors.Join(append(errs, p.otel.Shutdown(context.WithoutCancel(ctx)))...)
}
