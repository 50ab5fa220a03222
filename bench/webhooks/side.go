package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// side is one case, with endpoints of its own.
type side struct {
	name, group string
	bad         int
	hooks       *webhooks.Hooks
	tenants     int
	good        []int // endpoints that answer, by tenant
	took        []time.Duration
	missing     int
	sent        int
}

const perTenant = 100

func (c *side) tenant(ctx context.Context, n int) context.Context {
	return request.With(ctx, request.Info{Tenant: request.Tenant(fmt.Sprintf("t%d", n))})
}

// prepare makes the endpoints, those that are bad among the others.
func (c *side) prepare(ctx context.Context, b *bus.Bus, s settings, r *receivers) error {
	guard, err := webhooks.NewGuard(webhooks.AllowHTTP(), webhooks.Ports(r.port), webhooks.AllowNets(netip.MustParsePrefix("127.0.0.0/8")))
	if err != nil {
		return err
	}
	c.hooks = webhooks.Define(c.group, webhooks.Through(guard), webhooks.MaxEndpoints(1000), webhooks.Logger(slog.New(slog.DiscardHandler)))
	if err := b.Verify(ctx, c.hooks.Contracts()...); err != nil {
		return err
	}
	kinds := make([]string, 0, s.good+2*c.bad)
	for i := range s.good {
		kinds = append(kinds, "good")
		if i < c.bad {
			kinds = append(kinds, "hangs", "fails")
		}
	}
	c.tenants = max(s.good/perTenant, 1)
	c.good = make([]int, c.tenants)
	return c.running(ctx, b, func() error {
		for i, kind := range kinds {
			if kind == "good" {
				c.good[i%c.tenants]++
			}
			var err error
			for again := true; again; again = errors.Is(err, bus.ErrNoTopic) {
				_, _, err = c.hooks.Create(c.tenant(ctx, i%c.tenants), partitions.Outside(b, c.group), "", webhooks.Settings{URL: r.url(kind)})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// running calls f while the case's group runs.
func (c *side) running(ctx context.Context, b *bus.Bus, f func() error) error {
	g, err := partitions.New(b, c.group, c.hooks.Part()) //nolint:contextcheck // a handler's is the record's
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- g.Run(running) }()
	err = f()
	stop()
	return errors.Join(err, <-ended)
}

// turn sends events, first to warm up, and notes how long those took that answer.
func (c *side) turn(ctx context.Context, b *bus.Bus, s settings, r *receivers) error {
	return c.running(ctx, b, func() error {
		if err := c.send(ctx, b, s, s.warm); err != nil {
			return err
		}
		<-time.After(time.Second)
		r.take()
		before, wanted := c.sent, 0
		if err := c.send(ctx, b, s, s.each); err != nil {
			return err
		}
		<-time.After(2 * time.Second)
		took := r.take()
		c.took = append(c.took, took...)
		for n := before; n < c.sent; n++ {
			wanted += c.good[n%c.tenants]
		}
		c.missing += wanted - len(took)
		return nil
	})
}

func (c *side) send(ctx context.Context, b *bus.Bus, s settings, during time.Duration) error {
	ticker := time.NewTicker(time.Second / time.Duration(s.rate))
	defer ticker.Stop()
	for end := time.Now().Add(during); time.Now().Before(end); {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		now := time.Now()
		data, _ := json.Marshal(now.UnixNano()) // a number always is JSON
		if err := c.hooks.Send(c.tenant(ctx, c.sent%c.tenants), b, webhooks.Event{Type: "bench.event", Time: now, Data: data}).Err(); err != nil {
			return err
		}
		c.sent++
	}
	return nil
}
