package cache

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// forget removes a key, and tells all processes. ARGV: the channel.
const forget = `redis.call('DEL', KEYS[1]) redis.call('PUBLISH', ARGV[1], KEYS[1]) return 1`

func (c *Cache[K, V]) channel() string { return "millrace:cache:" + c.name + ":" + c.version }

// Invalidate forgets the keys of ctx's tenant, here and in all processes. Call it after the source has changed. Who calls Get in this process after
// it has returned gets no older value; others as soon as they have been told. An error says that Redis was not reached: this process has
// forgotten the keys, and [Cache.Run] tells Redis of them when it is back, up to 10,000. Until then other processes may have older values,
// as they may for their time to live if this process ends before.
func (c *Cache[K, V]) Invalidate(ctx context.Context, keys ...K) error {
	var errs []error
	for _, key := range keys {
		name, err := c.keyOf(ctx, key)
		if err == nil {
			_, err = c.redis.run(ctx, forget, name, c.channel())
			c.local.invalidate(name) // after Redis, else a Get in between brings it back
			if err != nil {
				c.missed.add(name)
			}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("cache: invalidate %q: %w", c.name, err)
	}
	return nil
}

const (
	// quiet is how long nothing may be heard of Redis before it is asked, and how long it then has to answer.
	quiet = 3 * time.Second
	// again is how long to wait before the next connection.
	again = 500 * time.Millisecond
)

// Run hears of invalidations until ctx ends, and then returns nil. A connection that is lost, or silent for 6 seconds, lets the process forget all
// that it keeps, since an invalidation may be lost with it; it keeps values again when it has another one.
func (c *Cache[K, V]) Run(ctx context.Context) error {
	defer c.local.flush(false)
	var beside sync.WaitGroup
	beside.Go(func() { c.catchUp(ctx) })
	defer beside.Wait()
	for ctx.Err() == nil {
		err := c.listen(ctx)
		if c.local.flush(false) && ctx.Err() == nil {
			c.meters.flushed(ctx)
			c.logger.WarnContext(ctx, "invalidations are lost, nothing is kept in the process", "cache", c.name, "error", err)
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
	return nil
}

// listen hears of invalidations until the connection is lost.
func (c *Cache[K, V]) listen(ctx context.Context) error {
	heard := c.redis.client.Subscribe(ctx, c.channel())
	defer heard.Close() //nolint:errcheck // it is done with
	defer context.AfterFunc(ctx, func() { _ = heard.Close() })()
	for asked := false; ; {
		message, err := heard.ReceiveTimeout(ctx, quiet)
		var timeout interface{ Timeout() bool }
		switch {
		case errors.As(err, &timeout) && timeout.Timeout() && !asked && ctx.Err() == nil:
			if err := heard.Ping(ctx); err != nil {
				return err //nolint:wrapcheck // Run logs it
			}
			asked = true
			continue
		case err != nil:
			return err //nolint:wrapcheck // Run logs it
		}
		asked = false
		switch message := message.(type) {
		case *redis.Subscription: // also after the client has connected anew by itself
			if c.local.flush(true) {
				c.logger.InfoContext(ctx, "invalidations arrive", "cache", c.name)
			}
		case *redis.Message:
			c.meters.invalidated(ctx)
			c.local.invalidate(message.Payload)
		}
	}
}
