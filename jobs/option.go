package jobs

import (
	"fmt"
	"time"

	"github.com/millrace/millrace/resilience"
)

// Option changes how jobs of a [Kind] are done. See [Define].
type Option interface{ applyKind(*config) }

type option func(*config)

func (f option) applyKind(c *config) { f(c) }

type config struct {
	kind

	errs []error
}

func (c *config) require(ok bool, text string, args ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf(text, args...))
	}
}

const (
	usualShards  = 64
	usualTimeout = 10 * time.Minute
)

func usualRetry() resilience.RetryPolicy {
	return resilience.RetryPolicy{Attempts: 20, Initial: time.Second, Max: 6 * time.Hour, Multiplier: 2, Jitter: 0.5}
}

// Queue names the queue of the kind's jobs, "default" unless this is given: 1 to 100 of the characters a-z 0-9 -, beginning with a letter.
// Jobs of one queue share the workers of a node; let jobs that must not wait for others have a queue of their own.
func Queue(name string) Option {
	return option(func(c *config) {
		c.queue = name
		c.require(queuePattern.MatchString(name), "the queue %q must be 1 to 100 of the characters a-z 0-9 -, beginning with a letter", name)
	})
}

// Shards is how many shards the queue has, 64 by default: the partitions of its topic, and so the most nodes that can work at once. All
// kinds of a queue say the same, and it must not change once the topic is there.
func Shards(n int) Option {
	return option(func(c *config) {
		c.shards = n
		c.require(n >= 1 && n <= 1<<16, "Shards %d must be 1 to 65,536", n)
	})
}

// Retry is how often a job is tried, and how far apart. The default is 20 attempts, the first two 1 second apart and each delay twice
// as long as the one before, up to 6 hours, half of each at random: about 30 hours. Attempts that were interrupted since their node died
// count, so that a job that kills its process comes to an end; those that a shutdown interrupts, or that are snoozed, do not. All errors
// are tried again but those that are marked by [resilience.Permanent] or [Discard].
func Retry(p resilience.RetryPolicy) Option {
	return option(func(c *config) {
		c.retry = p
		if err := p.Validate(); err != nil {
			c.errs = append(c.errs, fmt.Errorf("Retry: %w", err))
		}
	})
}

// Timeout is how long an attempt may take until its context ends, 10 minutes by default; 0 means no bound.
func Timeout(d time.Duration) Option {
	return option(func(c *config) {
		c.timeout = d
		c.require(d >= 0, "Timeout %s must not be negative", d)
	})
}

// Heartbeat ends an attempt that has not called [Attempt.Heartbeat] or [Attempt.Progress] for so long, at least 1 millisecond: for long
// jobs, whose time-out says little. By default none is asked for.
func Heartbeat(d time.Duration) Option {
	return option(func(c *config) {
		c.heartbeat = d
		c.require(d >= time.Millisecond, "Heartbeat %s must be at least 1ms", d)
	})
}

// Retain is how long a job that is done is kept, with what its handler has returned: at least 1 second. By default it goes at once.
func Retain(d time.Duration) Option {
	return option(func(c *config) {
		c.retain = d
		c.require(d >= time.Second, "Retain %s must be at least 1s", d)
	})
}

// Concurrency bounds the attempts of the kind that a node makes at once. By default only the queue's [Workers] do.
func Concurrency(n int) Option {
	return option(func(c *config) {
		c.concurrency = n
		c.require(n >= 1, "Concurrency %d must be at least 1", n)
	})
}
