package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Rate is what a [Limiter] allows: Count in each Per, spread evenly, and Burst of them at once.
type Rate struct {
	Count int
	Per   time.Duration
	// Burst is how much may be taken at once after a time of rest; 0 means Count.
	Burst int
}

func (r Rate) check() error {
	if r.Count < 1 || r.Per < time.Millisecond || r.Burst < 1 || r.interval() < time.Microsecond {
		return fmt.Errorf("a rate of %d in %s, burst %d: all must be positive, and no more than one in a microsecond", r.Count, r.Per, r.Burst)
	}
	return nil
}

// interval is the time that one costs.
func (r Rate) interval() time.Duration { return r.Per / time.Duration(r.Count) }

// Limiter bounds how often something happens, in all processes together, by GCRA: one round trip to Redis, one key a tenant and key, which ends by
// itself. Time is Redis's own. It is safe for concurrent use. See [NewLimiter].
type Limiter struct {
	limiterSettings

	name  string
	rate  Rate
	redis connection
	alone *alone
	// refused are the keys that are known to get nothing for a moment.
	refused *alone
}

// LimiterOption changes a [Limiter].
type LimiterOption interface{ applyLimiter(*limiterSettings) }

type limiterOption func(*limiterSettings)

func (f limiterOption) applyLimiter(s *limiterSettings) { f(s) }

type limiterSettings struct {
	basics

	gone Gone
}

// Gone says what a [Limiter] does without an answer from Redis.
type Gone int

const (
	// GoneAlone lets each process keep the rate by itself: so many processes, so many times the rate at most.
	GoneAlone Gone = iota
	// GoneOpen allows everything.
	GoneOpen
	// GoneClosed allows nothing.
	GoneClosed
)

// WhenGone says what is done without an answer from Redis. The default is GoneAlone.
func WhenGone(what Gone) LimiterOption {
	return limiterOption(func(s *limiterSettings) { s.gone = what })
}

// NewLimiter makes a limiter. Those of one name share what they count.
func NewLimiter(client redis.UniversalClient, name string, rate Rate, opts ...LimiterOption) (*Limiter, error) {
	s := limiterSettings{basics: newBasics()}
	for _, opt := range opts {
		opt.applyLimiter(&s)
	}
	if rate.Burst == 0 {
		rate.Burst = rate.Count
	}
	err := errors.Join(s.check(name), rate.check())
	if s.gone < GoneAlone || s.gone > GoneClosed {
		err = errors.Join(err, fmt.Errorf("WhenGone(%d) is none of the three", s.gone))
	}
	l := &Limiter{limiterSettings: s, name: name, rate: rate, alone: newAlone(), refused: newAlone()}
	if err == nil {
		l.redis, err = newConnection(client, "limiter "+name, s.basics)
	}
	if err != nil {
		return nil, fmt.Errorf("cache: new limiter %q: %w", name, err)
	}
	return l, nil
}

// gcra keeps the time at which all that was taken will have been paid for. ARGV in microseconds: the cost, and what may be owed. It returns whether
// it is allowed, what is owed, and after what time it would be allowed.
const gcra = `local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local cost, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local paid = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local after = paid + cost
if after - now > most then return {0, paid - now, after - now - most} end
redis.call('SET', KEYS[1], after, 'PX', math.ceil((after - now) / 1000))
return {1, after - now, 0}`

// Take takes n for the key, for the tenant of ctx, if the rate allows all of them now; else nothing. An error is only of a wrong call, or ctx's:
// without an answer from Redis the decision is as [WhenGone] says.
func (l *Limiter) Take(ctx context.Context, key string, n int) (Decision, error) {
	a, err := l.Ask(ctx, key, n)
	if err != nil {
		return Decision{}, err
	}
	return a.Take(ctx)
}

// decided is what Redis says, or WhenGone without that.
func (a *Asking) decided(ctx context.Context, answer any, err error) (Decision, error) {
	l := a.limiter
	if err == nil {
		if parts, _ := answer.([]any); len(parts) == 3 {
			allowed, _ := parts[0].(int64)
			owed, _ := parts[1].(int64)
			after, _ := parts[2].(int64)
			return l.decide(allowed == 1, time.Duration(owed)*time.Microsecond, time.Duration(after)*time.Microsecond), nil
		}
	}
	if ctx.Err() != nil {
		return Decision{}, context.Cause(ctx)
	}
	var d Decision
	switch l.gone {
	case GoneOpen:
		d = l.decide(true, 0, 0)
	case GoneClosed:
		d = l.decide(false, a.most, a.cost)
	default:
		d = l.decide(l.alone.take(a.name, a.cost, a.most))
	}
	d.Degraded = true
	return d, nil
}

func (l *Limiter) decide(allowed bool, owed, after time.Duration) Decision {
	left := time.Duration(l.rate.Burst)*l.rate.interval() - owed
	return Decision{
		Allowed: allowed, Name: l.name, Limit: l.rate.Burst, Window: time.Duration(l.rate.Burst) * l.rate.interval(),
		Remaining: max(int(left/l.rate.interval()), 0), Reset: owed, RetryAfter: after,
	}
}
