package webhooks

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Option changes [Hooks]. See [Define].
type Option interface{ applyHooks(*config) }

type option func(*config)

func (f option) applyHooks(c *config) { f(c) }

type config struct {
	guard    *Guard
	keys     []sealer
	shards   int
	timeout  time.Duration
	excerpt  int
	schedule []time.Duration
	jitter   float64
	breaker  int
	cooldown time.Duration
	giveUp   time.Duration

	perEndpoint int
	fast, slow  int

	maxEndpoints int
	maxQueued    int
	maxDead      int

	remember   time.Duration
	keepEvents time.Duration
	keepLog    time.Duration
	keepDead   time.Duration

	log  *slog.Logger
	errs []error
}

// usual is what holds without options.
func usual() config {
	return config{
		shards: 12, timeout: 15 * time.Second, excerpt: 512, breaker: 5, cooldown: 30 * time.Second, giveUp: 5 * day, jitter: 0.2,
		schedule: []time.Duration{
			5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, day,
		},
		perEndpoint: 8, fast: 256, slow: 1024, maxEndpoints: 100, maxQueued: 100_000, maxDead: 10_000,
		remember: 7 * day, keepEvents: 30 * day, keepLog: 7 * day, keepDead: 30 * day,
	}
}

// Through is the [Guard] that says where deliveries may go. Without it, that of [NewGuard] without options does.
func Through(g *Guard) Option {
	return option(func(c *config) {
		if c.guard = g; g == nil {
			c.errs = append(c.errs, errors.New("Through: the guard is nil"))
		}
	})
}

// Shards is how many partitions the topics "<name>.events" and "<name>.deliveries" have, 12 by default. It must not change while there
// are endpoints.
func Shards(n int) Option { return option(func(c *config) { c.shards = n }) }

// Timeout is how long one attempt may take altogether, from looking the name up to the end of the answer: 1 second to 2 minutes, and 15
// seconds by default.
func Timeout(d time.Duration) Option { return option(func(c *config) { c.timeout = d }) }

// Excerpt is how many bytes of an answer's body are read and kept in the log, 0 to 4096. The default is 512.
func Excerpt(bytes int) Option { return option(func(c *config) { c.excerpt = bytes }) }

// Schedule is how long is waited after each failed attempt: a delivery is tried once more than there are delays, and then it is dead. By
// default they are those that Standard Webhooks recommends: 5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h, which is ten attempts in 75 hours.
func Schedule(delays ...time.Duration) Option { return option(func(c *config) { c.schedule = delays }) }

// Jitter is by which part a delay may be longer or shorter, by chance: 0 to 0.9, and 0.2 by default.
func Jitter(part float64) Option { return option(func(c *config) { c.jitter = part }) }

// Breaker says that an endpoint which has failed so many times in a row, 5 by default, is given cooldown, 30 seconds by default, without
// attempts. Then comes one: where it fails, twice the time follows, up to 16 times. What waits meanwhile is not an attempt.
func Breaker(failures int, cooldown time.Duration) Option {
	return option(func(c *config) { c.breaker, c.cooldown = failures, cooldown })
}

// DisableAfter is after what time of nothing but failures an endpoint is disabled: 5 days by default, at least 1 minute.
func DisableAfter(d time.Duration) Option { return option(func(c *config) { c.giveUp = d }) }

// Slots bounds the attempts that are made at once: on one endpoint, 8 by default, and on a node, 256 on endpoints that answer and 1024 on
// those that do not, or have not yet. One of these has one attempt at a time. An attempt on an endpoint that answers which takes longer
// than a second makes room for others; 1024 may. So who hangs takes nothing from who answers. A new
// endpoint has its first attempt among those that do not answer: where these take all their places, it waits for as long as attempts time out.
func Slots(endpoint, answering, others int) Option {
	return option(func(c *config) { c.perEndpoint, c.fast, c.slow = endpoint, answering, others })
}

// MaxEndpoints is how many endpoints a tenant may have, 1 to 1000. The default is 100.
func MaxEndpoints(n int) Option { return option(func(c *config) { c.maxEndpoints = n }) }

// MaxQueued is how many deliveries may wait for an endpoint: what comes beyond is dead at once. The default is 100,000.
func MaxQueued(n int) Option { return option(func(c *config) { c.maxQueued = n }) }

// MaxDead is how many deliveries that were given up are kept for an endpoint, 1 to 100,000: one is forgotten when so many others were given up
// after it. The default is 10,000. What is forgotten can be replayed by its time, but not by [Replay].Dead.
func MaxDead(n int) Option { return option(func(c *config) { c.maxDead = n }) }

// Remember is for how long an event that was delivered to an endpoint is passed over when it comes again: 7 days by default.
func Remember(d time.Duration) Option { return option(func(c *config) { c.remember = d }) }

// Keep says for how long events are kept, from which deliveries can be replayed, the log of attempts, and what is dead: 30 days, 7 days and
// 30 days by default. The topics' retention is set when they are made.
func Keep(events, log, dead time.Duration) Option {
	return option(func(c *config) { c.keepEvents, c.keepLog, c.keepDead = events, log, dead })
}

// Logger is what is logged to, slog.Default without it. Neither payloads nor secrets nor URLs are logged.
func Logger(l *slog.Logger) Option { return option(func(c *config) { c.log = l }) }

const (
	maxExcerpt   = 4096
	maxAttempts  = 50
	maxTimeout   = 2 * time.Minute
	mostAtOnce   = 65536
	mostJitter   = 0.9
	mostAllowed  = 1000
	leastKept    = time.Minute
	mostPerOne   = 256
	mostShards   = 10_000
	leastDisable = time.Minute
	mostDead     = 100_000
)

func (c *config) check() (errs []error) {
	wrong := func(is bool, text string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(text, args...))
		}
	}
	wrong(c.shards < 1 || c.shards > mostShards, "Shards %d must be 1 to %d", c.shards, mostShards)
	wrong(c.timeout < time.Second || c.timeout > maxTimeout, "Timeout %s must be 1s to %s", c.timeout, maxTimeout)
	wrong(c.excerpt < 0 || c.excerpt > maxExcerpt, "Excerpt %d must be 0 to %d", c.excerpt, maxExcerpt)
	wrong(len(c.schedule) > maxAttempts, "Schedule has more than %d delays", maxAttempts)
	for _, d := range c.schedule {
		wrong(d < time.Millisecond, "Schedule: the delay %s must be at least 1ms", d)
	}
	wrong(c.jitter < 0 || c.jitter > mostJitter, "Jitter %g must be 0 to %g", c.jitter, mostJitter)
	wrong(c.breaker < 1 || c.cooldown < time.Second, "Breaker: failures %d must be at least 1, and cooldown %s 1s", c.breaker, c.cooldown)
	wrong(c.giveUp < leastDisable, "DisableAfter %s must be at least %s", c.giveUp, leastDisable)
	wrong(c.perEndpoint < 1 || c.perEndpoint > mostPerOne, "Slots: %d on one endpoint must be 1 to %d", c.perEndpoint, mostPerOne)
	wrong(min(c.fast, c.slow) < 1 || max(c.fast, c.slow) > mostAtOnce, "Slots: %d and %d must be 1 to %d", c.fast, c.slow, mostAtOnce)
	wrong(c.maxEndpoints < 1 || c.maxEndpoints > mostAllowed, "MaxEndpoints %d must be 1 to %d", c.maxEndpoints, mostAllowed)
	wrong(c.maxDead < 1 || c.maxDead > mostDead, "MaxDead %d must be 1 to %d", c.maxDead, mostDead)
	wrong(c.maxQueued < 1, "MaxQueued %d must be at least 1", c.maxQueued)
	for _, d := range []time.Duration{c.remember, c.keepEvents, c.keepLog, c.keepDead} {
		wrong(d < leastKept, "what is kept or remembered for %s must be so for at least %s", d, leastKept)
	}
	return errs
}
