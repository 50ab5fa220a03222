package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/millrace/millrace/resilience"
)

// A lease in a key's place says who loads it. An invalidation removes it too, so a value that was loaded before it does not come to Redis after it.
// ARGV of claim: the lease, its milliseconds. Of fill: the lease, the value, its milliseconds. Of extend: the lease, its
// milliseconds. Of release: the lease.
const (
	claim = `local v = redis.call('GET', KEYS[1])
if not v then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return {ARGV[1], 0} end
return {v, redis.call('PTTL', KEYS[1])}`
	fill = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) return 1`
	extend  = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`
	release = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0`
)

// fly brings what a flight is for.
func (c *Cache[K, V]) fly(ctx context.Context, name string, key K, f *flight) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.settings.load, errLoadLimit)
	defer cancel()
	raw, keep, err := c.fetch(ctx, name, key)
	var ends time.Time
	if keep > 0 {
		ends = time.Now().Add(min(keep, c.settings.local))
	}
	c.local.land(name, f, raw, ends, err)
}

// leaseTime is how long a lease lasts that nobody renews.
const leaseTime = 2 * time.Second

var errLoadLimit = resilience.Transient(errors.New("cache: the load took longer than it may: see Loads"))

// fetch returns the value from Redis or its source, and how long it is good.
func (c *Cache[K, V]) fetch(ctx context.Context, name string, key K) ([]byte, time.Duration, error) {
	lease := string(isLease) + rand.Text()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		held, left, err := c.claim(ctx, name, lease)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, 0, context.Cause(ctx)
		case err != nil:
			c.meters.got(ctx, fromSourceAlone)
			raw, err := c.fromSource(ctx, key)
			return raw, 0, err
		case held == lease:
			c.meters.got(ctx, fromSource)
			return c.loadAndFill(ctx, name, lease, key)
		case held[0] != isLease:
			c.meters.got(ctx, fromRedis)
			return []byte(held), left, nil
		}
		select { // another process loads it
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, 0, context.Cause(ctx)
		}
	}
}

// claim returns what is in the key's place, this lease included.
func (c *Cache[K, V]) claim(ctx context.Context, name, lease string) (string, time.Duration, error) {
	answer, err := c.redis.run(ctx, claim, name, lease, leaseTime.Milliseconds())
	if err != nil {
		return "", 0, err
	}
	parts, _ := answer.([]any)
	if len(parts) == 2 {
		held, isText := parts[0].(string)
		left, isNumber := parts[1].(int64)
		if isText && isNumber && held != "" {
			return held, time.Duration(max(left, 0)) * time.Millisecond, nil
		}
	}
	return "", 0, fmt.Errorf("cache: %q: an answer of Redis that is none of the script's", c.name)
}

func (c *Cache[K, V]) loadAndFill(ctx context.Context, name, lease string, key K) ([]byte, time.Duration, error) {
	renewing, stop := context.WithCancel(ctx)
	var renewal sync.WaitGroup
	renewal.Go(func() { c.renew(renewing, name, lease) })
	raw, err := c.fromSource(ctx, key)
	stop()
	renewal.Wait()
	if err != nil {
		_, _ = c.redis.run(context.WithoutCancel(ctx), release, name, lease) // else it ends by itself
		return nil, 0, err
	}
	ttl := c.ttl
	if raw[0] == isNotFound {
		ttl = c.negative
	}
	ttl = max(time.Duration(float64(ttl)*(1-c.jitter*mathrand.Float64())), time.Millisecond) //nolint:gosec // jitter is not a secret
	filled, err := c.redis.run(ctx, fill, name, lease, raw, ttl.Milliseconds())
	if err != nil || filled != int64(1) {
		return raw, 0, nil //nolint:nilerr // the value is there, and only not kept
	}
	return raw, ttl, nil
}

// renew keeps the lease while its load runs. One whose process has died ends soon.
func (c *Cache[K, V]) renew(ctx context.Context, name, lease string) {
	for {
		select {
		case <-time.After(leaseTime / 4):
			_, _ = c.redis.run(ctx, extend, name, lease, leaseTime.Milliseconds())
		case <-ctx.Done():
			return
		}
	}
}

// fromSource loads a value when there is a place for that.
func (c *Cache[K, V]) fromSource(ctx context.Context, key K) (raw []byte, err error) {
	select {
	case c.places <- struct{}{}:
		defer func() { <-c.places }()
	case <-ctx.Done():
		return nil, resilience.Transient(fmt.Errorf("%w: %d of %q run, and none ended in time", ErrBusy, cap(c.places), c.name))
	}
	began := time.Now()
	defer func() {
		if v := recover(); v != nil {
			raw, err = nil, resilience.Permanent(fmt.Errorf("cache: the load of %q panicked: %v\n%s", c.name, v, debug.Stack()))
		}
		c.meters.loaded(ctx, began, err)
	}()
	value, err := c.load(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return []byte{isNotFound}, nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		return nil, err
	}
	return c.encode(value)
}
