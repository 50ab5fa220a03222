package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Dedupe remembers what was done, by key: absent, then running under an owner's lease, then done for a time.
// Every move is one script, so that it happens as a whole or not at all. It fits bus.Once.
//
// Redis must not evict the keys (maxmemory-policy noeviction), and must keep what it has acknowledged: with
// asynchronous replication a fail-over may forget the newest keys.
type Dedupe struct {
	client redis.UniversalClient
	prefix string
}

// DedupeOption changes a [Dedupe].
type DedupeOption interface{ applyDedupe(*Dedupe) }

type dedupeOption func(*Dedupe)

func (f dedupeOption) applyDedupe(d *Dedupe) { f(d) }

// Prefix is put before every key. The default is "millrace:once:".
func Prefix(text string) DedupeOption { return dedupeOption(func(d *Dedupe) { d.prefix = text }) }

// MaxKey is the longest key in bytes.
const MaxKey = 1024

// ErrKey is found in the error of an empty key or one longer than [MaxKey].
var ErrKey = errors.New("cache: key")

// NewDedupe makes a deduper on a Redis client, which stays the caller's to close.
func NewDedupe(client redis.UniversalClient, opts ...DedupeOption) (*Dedupe, error) {
	if client == nil {
		return nil, errors.New("cache: dedupe: the client is nil")
	}
	d := &Dedupe{client: client, prefix: "millrace:once:"}
	for _, opt := range opts {
		opt.applyDedupe(d)
	}
	return d, nil
}

// The value of a key is "r" and the owner while it runs, and "d" when it is done. ARGV: owner, milliseconds.
const (
	claimScript = `local v = redis.call('GET', KEYS[1])
if not v then redis.call('SET', KEYS[1], 'r' .. ARGV[1], 'PX', ARGV[2]) return 1 end
if v == 'd' then return 2 end
return 0`
	extendScript = `if redis.call('GET', KEYS[1]) == 'r' .. ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end
return 0`
	doneScript = `if redis.call('GET', KEYS[1]) == 'r' .. ARGV[1] then redis.call('SET', KEYS[1], 'd', 'PX', ARGV[2]) return 1 end
return 0`
	releaseScript = `if redis.call('GET', KEYS[1]) == 'r' .. ARGV[1] then redis.call('DEL', KEYS[1]) return 1 end
return 0`
)

// Claim moves key from absent to running. won: the caller runs it. done: it was done before. Neither: another owner
// runs it now.
func (d *Dedupe) Claim(ctx context.Context, key, owner string, lease time.Duration) (won, done bool, err error) {
	state, err := d.move(ctx, claimScript, key, owner, lease)
	return state == 1, state == 2, err
}

// Extend renews the lease of a running owner; held is false when it was lost.
func (d *Dedupe) Extend(ctx context.Context, key, owner string, lease time.Duration) (held bool, err error) {
	state, err := d.move(ctx, extendScript, key, owner, lease)
	return state == 1, err
}

// Done moves key from running to done, and forgets it after the retention; held is false when the lease was lost.
func (d *Dedupe) Done(ctx context.Context, key, owner string, retention time.Duration) (held bool, err error) {
	state, err := d.move(ctx, doneScript, key, owner, retention)
	return state == 1, err
}

// Release moves key from running back to absent. What another owner holds stays.
func (d *Dedupe) Release(ctx context.Context, key, owner string) error {
	_, err := d.move(ctx, releaseScript, key, owner, time.Millisecond)
	return err
}

func (d *Dedupe) move(ctx context.Context, script, key, owner string, ttl time.Duration) (int, error) {
	if key == "" || len(key) > MaxKey {
		return 0, fmt.Errorf("%w: it must have 1 to %d bytes, not %d", ErrKey, MaxKey, len(key))
	}
	if owner == "" || ttl < time.Millisecond {
		return 0, fmt.Errorf("cache: dedupe: the owner %q must not be empty and the time %s at least 1ms", owner, ttl)
	}
	state, err := redis.NewScript(script).Run(ctx, d.client, []string{d.prefix + key}, owner, ttl.Milliseconds()).Int()
	if err != nil {
		return 0, fmt.Errorf("cache: dedupe: %w", err)
	}
	return state, nil
}
