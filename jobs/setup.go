package jobs

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/millrace/millrace/partitions"
)

// RunnerOption is a [Kind], or changes how a queue runs on a node. See [New].
type RunnerOption interface{ applyRunner(*setup) }

type runnerOption func(*setup)

func (f runnerOption) applyRunner(c *setup) { f(c) }

type setup struct {
	kinds     []*kind
	schedules []*schedule
	workers   int
	bounds    bounds
	grace     time.Duration
	dead      time.Duration
	tells     bool
	client    bool
	log       *slog.Logger
	group     []partitions.Option
	errs      []error
}

func (c *setup) require(ok bool, text string, args ...any) {
	if !ok {
		c.errs = append(c.errs, fmt.Errorf(text, args...))
	}
}

const (
	usualWorkers = 100
	usualGrace   = 15 * time.Second
	usualDead    = 30 * 24 * time.Hour
	mostWorkers  = 100_000
)

// Workers is how many attempts a node makes at once, 100 by default, and 1 to 100,000. They are fewer while what the jobs in its memory were
// given has 256 MiB together: their inputs, what comes after them by [Then], and what the jobs before them have returned.
func Workers(n int) RunnerOption {
	return runnerOption(func(c *setup) {
		c.workers = n
		c.require(n >= 1 && n <= mostWorkers, "Workers %d must be 1 to 100,000", n)
	})
}

// Grace is how long attempts may go on once the node stops, 15 seconds by default. After that their contexts end with [ErrShutdown], and
// they come again elsewhere without having counted. Let it be shorter than what the platform gives a pod to end, by 5 seconds or more.
func Grace(d time.Duration) RunnerOption {
	return runnerOption(func(c *setup) {
		c.grace = d
		c.require(d >= 0, "Grace %s must not be negative", d)
	})
}

// RetainDead is how long dead and cancelled jobs are kept, 30 days by default and at least 1 minute.
func RetainDead(d time.Duration) RunnerOption {
	return runnerOption(func(c *setup) {
		c.dead = d
		c.require(d >= time.Minute, "RetainDead %s must be at least 1m", d)
	})
}

// Tell makes the queue tell of each change of a job's state: see [Told]. It costs a record for each, a third of the rate at which short jobs
// are done, and is off by default. The topic must be there before the queue runs: see [Runner.Contracts].
func Tell() RunnerOption { return runnerOption(func(c *setup) { c.tells = true }) }

// Client makes a node that does no jobs, and may ask for them, cancel them and so on.
func Client() RunnerOption {
	return runnerOption(func(c *setup) {
		c.client = true
		c.group = append(c.group, partitions.Weight(0))
	})
}

// On gives the queue's group options of its own, such as [partitions.OnDisk], [partitions.NodeID] or [partitions.Standbys].
func On(opts ...partitions.Option) RunnerOption {
	return runnerOption(func(c *setup) { c.group = append(c.group, opts...) })
}

// Logger is told of panics, of handlers that are given up, and of jobs of unknown kinds, without what they were given. The default is
// [slog.Default].
func Logger(l *slog.Logger) RunnerOption {
	return runnerOption(func(c *setup) {
		c.log = l
		if l == nil {
			c.errs = append(c.errs, errors.New("Logger: it is nil"))
		}
	})
}
