package cache

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/resilience"
)

// Nonces remembers nonces in Redis, for all processes. It fits seal.ReplayGuard. What [Dedupe] asks of Redis holds here too: no eviction, and what is
// acknowledged is kept.
type Nonces struct {
	redis  connection
	prefix string
}

// NewNonces keeps the nonces of one purpose, which the name is.
func NewNonces(client redis.UniversalClient, name string, opts ...CommonOption) (*Nonces, error) {
	s := limiterSettings{basics: newBasics()}
	for _, opt := range opts {
		opt.applyLimiter(&s)
	}
	err := s.check(name)
	var c connection
	if err == nil {
		c, err = newConnection(client, "nonces "+name, s.basics)
	}
	if err != nil {
		return nil, fmt.Errorf("cache: new nonces %q: %w", name, err)
	}
	return &Nonces{redis: c, prefix: "millrace:nonce:" + name + ":"}, nil
}

const reserve = `if redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) then return 1 end return 0`

// Reserve says whether the nonce is new, and remembers it for the time. Of any number of calls with one nonce one is told so. An error, which matches
// [ErrGone] without an answer from Redis, means that nobody knows: what depends on it must not be done.
func (n *Nonces) Reserve(ctx context.Context, nonce string, keep time.Duration) (bool, error) {
	if nonce == "" || keep < time.Millisecond {
		return false, resilience.Permanent(errors.New("cache: nonces: a nonce is needed, and a time of at least 1ms"))
	}
	sum := sha256.Sum256([]byte(nonce)) // so that a key is short whatever a stranger sends
	answer, err := n.redis.run(ctx, reserve, n.prefix+base64.RawURLEncoding.EncodeToString(sum[:]), keep.Milliseconds())
	return err == nil && answer == int64(1), err
}
