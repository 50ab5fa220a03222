package httpapi

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/cache"
)

// Claim is a request's on an idempotency key.
type Claim struct {
	// Owner is a name that no other claim has.
	Owner string
	// Fingerprint is the same for requests that ask for the same.
	Fingerprint string
	// Lease is how long the claim holds if nothing more is heard of its owner.
	Lease time.Duration
}

// Kept is what is known of an idempotency key.
type Kept struct {
	// Claimed says that the key is the caller's now; the rest is empty then.
	Claimed     bool
	Fingerprint string
	// Answer is that of the first request, nil while it runs.
	Answer []byte
}

// Answers keeps the answers of first requests, for all processes together. See [NewRedisAnswers].
type Answers interface {
	// Begin claims the key, unless it is claimed or answered.
	Begin(ctx context.Context, key string, claim Claim) (Kept, error)
	// Renew lets the owner's claim hold for the lease from now on, and is false where it is over or answered.
	Renew(ctx context.Context, key, owner string, lease time.Duration) (bool, error)
	// Finish keeps an answer for the time, and is false where the owner's claim is over.
	Finish(ctx context.Context, key, owner string, answer []byte, keep time.Duration) (bool, error)
	// Release ends the owner's claim without an answer.
	Release(ctx context.Context, key, owner string) error
}

// RedisAnswers keeps answers in Redis, unencrypted: a hash a key, which ends by itself. What holds for cache.Dedupe holds here too: no eviction, and
// a fail-over that forgets what was acknowledged lets a request run again.
type RedisAnswers struct {
	client redis.UniversalClient
	prefix string
	limit  time.Duration
}

// NewRedisAnswers keeps the answers of one application, which the name is. A question to Redis is given up after the limit, or after the client's own
// ReadTimeout where its ContextTimeoutEnabled is off.
func NewRedisAnswers(client redis.UniversalClient, name string, limit time.Duration) (*RedisAnswers, error) {
	if client == nil || name == "" || limit < time.Millisecond {
		return nil, errors.New("httpapi: redis answers: a client, a name, and a limit of 1 ms or more are needed")
	}
	return &RedisAnswers{client: client, prefix: "millrace:idempotency:" + name + ":", limit: limit}, nil
}

const (
	// beginScript returns nothing for a claim, and else the fingerprint and the answer. A claim that is made again by its owner is made.
	beginScript = `local kept = redis.call('HMGET', KEYS[1], 'f', 'a', 'o')
if kept[1] and (kept[2] or kept[3] ~= ARGV[2]) then return {kept[1], kept[2] or ''} end
redis.call('HSET', KEYS[1], 'f', ARGV[1], 'o', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {}`
	renewScript = `if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] or redis.call('HEXISTS', KEYS[1], 'a') == 1 then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`
	finishScript = `if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'a', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`
	releaseScript = `if redis.call('HGET', KEYS[1], 'o') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`
)

func (a *RedisAnswers) run(ctx context.Context, script, key string, args ...any) *redis.Cmd {
	ctx, cancel := context.WithTimeout(ctx, a.limit)
	defer cancel()
	return redis.NewScript(script).Run(ctx, a.client, []string{a.prefix + key}, args...)
}

// Begin claims the key, unless it is claimed or answered.
func (a *RedisAnswers) Begin(ctx context.Context, key string, claim Claim) (Kept, error) {
	return begun(a.run(ctx, beginScript, key, claim.Fingerprint, claim.Owner, claim.Lease.Milliseconds()).StringSlice())
}

// question is Begin as what goes along with a limiter's.
func (a *RedisAnswers) question(key string, claim Claim) cache.Script {
	return cache.Script{
		Source: beginScript, Key: a.prefix + key, Args: []string{claim.Fingerprint, claim.Owner, strconv.FormatInt(claim.Lease.Milliseconds(), 10)},
	}
}

// begun is what beginScript says.
func begun(found []string, err error) (Kept, error) {
	switch {
	case err != nil:
		return Kept{}, fmt.Errorf("httpapi: redis answers: begin: %w", err)
	case len(found) == 0:
		return Kept{Claimed: true}, nil
	case found[1] == "":
		return Kept{Fingerprint: found[0]}, nil
	}
	return Kept{Fingerprint: found[0], Answer: []byte(found[1])}, nil
}

// Renew lets the owner's claim hold on, and is false where it is over or answered.
func (a *RedisAnswers) Renew(ctx context.Context, key, owner string, lease time.Duration) (bool, error) {
	held, err := a.run(ctx, renewScript, key, owner, lease.Milliseconds()).Int()
	if err != nil {
		return false, fmt.Errorf("httpapi: redis answers: renew: %w", err)
	}
	return held == 1, nil
}

// Finish keeps an answer, and is false where the owner's claim is over.
func (a *RedisAnswers) Finish(ctx context.Context, key, owner string, answer []byte, keep time.Duration) (bool, error) {
	kept, err := a.run(ctx, finishScript, key, owner, answer, keep.Milliseconds()).Int()
	if err != nil {
		return false, fmt.Errorf("httpapi: redis answers: finish: %w", err)
	}
	return kept == 1, nil
}

// Release ends the owner's claim.
func (a *RedisAnswers) Release(ctx context.Context, key, owner string) error {
	if err := a.run(ctx, releaseScript, key, owner).Err(); err != nil {
		return fmt.Errorf("httpapi: redis answers: release: %w", err)
	}
	return nil
}
