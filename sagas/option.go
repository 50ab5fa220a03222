package sagas

import (
	"fmt"
	"log/slog"
	"time"
)

// Option changes how a [Flow] runs. See [Define].
type Option interface{ applyFlow(*config) }

type option func(*config)

func (f option) applyFlow(c *config) { f(c) }

type config struct {
	keep     time.Duration
	deadline time.Duration
	log      *slog.Logger
	id       any
	errs     []error
}

const usualKeep = 7 * 24 * time.Hour

// Keep is how long a saga that has ended is kept, with its result and its journal: at least 1 second, and 7 days by default.
// Until then starting it again is passed over.
func Keep(d time.Duration) Option {
	return option(func(c *config) {
		c.keep = d
		if d < time.Second {
			c.errs = append(c.errs, fmt.Errorf("Keep %s must be at least 1s", d))
		}
	})
}

// IDs names sagas by what they are started with, where [Flow.New] is given no id: starting one twice is starting it once.
func IDs[In any](id func(In) string) Option {
	return option(func(c *config) { c.id = id })
}

// Deadline is how long a saga may take, from its start: when the time is over it is cancelled. It must be at least 1 millisecond;
// by default there is none.
func Deadline(d time.Duration) Option {
	return option(func(c *config) {
		c.deadline = d
		if d < time.Millisecond {
			c.errs = append(c.errs, fmt.Errorf("Deadline %s must be at least 1ms", d))
		}
	})
}

// Logger is told of panics, without what was being worked on. By default nobody is.
func Logger(l *slog.Logger) Option {
	return option(func(c *config) {
		c.log = l
		if l == nil {
			c.errs = append(c.errs, fmt.Errorf("Logger: it is nil"))
		}
	})
}
