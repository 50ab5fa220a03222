package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/observe/otlp"
	"github.com/millrace/millrace/push"
)

// pushPod is a process with a hub alone.
type pushPod struct {
	log      *slog.Logger
	otel     *otlp.Telemetry
	bus      *bus.Bus
	redis    *redis.Client // for tickets
	hub      *push.Hub
	health   *health
	operator []byte
	drain    time.Duration
}

func newPushPod(ctx context.Context, g *global, log *slog.Logger, asked *pushing, opts []push.Option) (_ *pushPod, err error) {
	otel, err := otlp.Open(ctx, "millrace-push", otlp.Logger(log), otlp.Version(version()))
	if err != nil {
		return nil, err
	}
	p := &pushPod{log: slog.New(otel.Handler(log.Handler())), otel: otel, drain: asked.drain}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close(ctx))
		}
	}()
	if asked.operator != "" {
		if p.operator, err = secretFile("--operator-secret", asked.operator); err != nil {
			return nil, err
		}
		if len(p.operator) < leastSecret {
			return nil, &usageError{fmt.Errorf("--operator-secret: the secret must have %d bytes or more", leastSecret)}
		}
	}
	if p.bus, err = bus.Open(ctx, g.kafkaURL(), bus.Logger(p.log), bus.ClientID("millrace-push"),
		bus.Telemetry(otel.Tracer(), otel.Meter())); err != nil {
		return nil, err
	}
	if asked.tickets != "" {
		once, err := p.once(g.redis)
		if err != nil {
			return nil, err
		}
		secret, err := secretFile("--ticket-secret", asked.tickets)
		if err != nil {
			return nil, err
		}
		opts = append(opts, push.Tickets(secret, once))
	}
	if p.hub, err = push.New(p.bus, slices.Concat(opts, []push.Option{push.Logger(p.log), push.Metrics(otel.Meter())})...); err != nil {
		return nil, err
	}
	checks := []observe.HealthOption{observe.Metrics(otel.Meter()), observe.Logger(p.log), p.bus.Check(), p.hub.Check()}
	if p.redis != nil {
		checks = append(checks, cache.Reachable(p.redis))
	}
	of, err := observe.NewHealth(checks...)
	p.health = &health{Health: of}
	return p, err
}

// leastSecret is how long a secret is at least, in bytes.
const leastSecret = 16

// once remembers tickets that are used.
func (p *pushPod) once(url string) (_ *cache.Dedupe, err error) {
	if url == "" {
		return nil, &usageError{errors.New("--ticket-secret needs --redis (REDIS_URL), where all processes note which tickets are used")}
	}
	if p.redis, err = redisClient(url); err != nil {
		return nil, err
	}
	return cache.NewDedupe(p.redis)
}

// serve runs the hub until ctx ends: then readiness falls, and after the delay clients are told to come back elsewhere.
func (p *pushPod) serve(ctx context.Context, listener net.Listener, ready func()) error {
	around, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	running, inner := errgroup.WithContext(around)
	own, drained := context.WithCancel(inner)
	defer drained()
	stop := context.AfterFunc(ctx, func() {
		p.health.Drain()
		time.AfterFunc(p.drain, drained)
	})
	defer stop()
	running.Go(func() error { return p.otel.Run(inner) })
	running.Go(func() error {
		defer end()
		return p.hub.Run(own)
	})
	running.Go(func() error {
		select {
		case <-p.hub.Ready():
			ready()
		case <-own.Done():
		}
		return nil
	})
	running.Go(func() error { return p.health.serve(own, p.handler(), listener, p.log) })
	return running.Wait() //nolint:wrapcheck // each says what failed
}

// close frees the connections and sends the last telemetry.
func (p *pushPod) close(ctx context.Context) error {
	var errs []error
	if p.bus != nil {
		errs = append(errs, p.bus.Close())
	}
	if p.redis != nil {
		errs = append(errs, p.redis.Close())
	}
	return errors.Join(append(errs, p.otel.Shutdown(context.WithoutCancel(ctx)))...)
}
