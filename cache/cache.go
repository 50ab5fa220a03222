package cache

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/resilience"
)

// Key is what a [Cache] finds values by.
type Key interface {
	~string | ~int | ~int32 | ~int64 | ~uint | ~uint32 | ~uint64
}

// Cache reads values through: from this process, else from Redis, else from their source. It is safe for concurrent use. See [New].
type Cache[K Key, V any] struct {
	settings

	name   string
	codec  Codec[V]
	load   func(context.Context, K) (V, error)
	redis  connection
	local  local
	missed missed
	places chan struct{}
	meters *meters
}

// ErrNotFound is what a load returns for what is not there, and Get then returns. It is remembered too.
var ErrNotFound = errors.New("cache: not found")

// ErrBusy is found in the error of a Get that waited for a place to load until its time was over.
var ErrBusy = errors.New("cache: too many loads at once")

// New makes a cache in front of load. Values are kept as JSON unless [Values] says otherwise, so each Get returns one of its own. load is called with
// the tenant in its context, with the limit of [Loads], and without the end of any one caller's context.
//
// Until [Cache.Run] runs, and while it has no connection, this process keeps no values of its own.
func New[K Key, V any](client redis.UniversalClient, name string, load func(context.Context, K) (V, error), opts ...Option) (*Cache[K, V], error) {
	s, err := newSettings(name, opts)
	if err != nil {
		return nil, err
	}
	if load == nil {
		return nil, fmt.Errorf("cache: new %q: load is nil", name)
	}
	c := &Cache[K, V]{settings: s, name: name, codec: asJSON[V]{}, load: load, places: make(chan struct{}, s.loads)}
	if s.codec != nil {
		var fits bool
		if c.codec, fits = s.codec.(Codec[V]); !fits || c.codec == nil {
			return nil, fmt.Errorf("cache: new %q: the codec of Values is for another type", name)
		}
	}
	if c.redis, err = newConnection(client, "cache "+name, s.basics); err != nil {
		return nil, fmt.Errorf("cache: new %q: %w", name, err)
	}
	if c.meters, err = newMeters(name, s.meter); err != nil {
		return nil, err
	}
	c.local.most, c.local.entries, c.local.flights = s.memory, make(map[string]*list.Element), make(map[string]*flight)
	return c, nil
}

// Get returns the value of the key, for the tenant of ctx. Of all who want one that is not kept, here and in other processes, one loads it.
// Without an answer from Redis it is loaded, so many at once as [Loads] allows. The error is the load's, and ErrNotFound where that returned it.
func (c *Cache[K, V]) Get(ctx context.Context, key K) (value V, err error) {
	name, err := c.keyOf(ctx, key)
	if err != nil {
		return value, err
	}
	raw, f, began := c.local.find(name, time.Now())
	if raw != nil {
		c.meters.got(ctx, fromLocal)
		return c.decode(raw)
	}
	if began {
		go c.fly(context.WithoutCancel(ctx), name, key, f)
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
	if f.err != nil {
		return value, f.err
	}
	return c.decode(f.raw)
}

// keyOf is the key in Redis: tenants and versions have no colon, so no key of one is a key of another.
func (c *Cache[K, V]) keyOf(ctx context.Context, key K) (string, error) {
	tenant, err := tenantOf(ctx, c.shared)
	if err != nil {
		return "", err
	}
	text := fmt.Sprint(key)
	if text == "" || len(text) > MaxKey {
		return "", resilience.Permanent(fmt.Errorf("%w: it must have 1 to %d bytes, not %d", ErrKey, MaxKey, len(text)))
	}
	return "millrace:cache:" + c.name + ":" + c.version + ":" + string(tenant) + ":" + text, nil
}

// A value begins with one of these. A lease is followed by its holder's token, which stands for a load that runs.
const (
	isLease    = 'l'
	isValue    = 'v'
	isNotFound = 'n'
)
