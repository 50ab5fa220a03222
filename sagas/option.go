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
	room     int
	steps    int
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

const (
	usualRoom  = 1000
	usualSteps = 256
)

// Room is how many sagas are in a node's memory at once, since their flows or their steps work: 1000 by default, and at least 1.
// Others that could go on wait as rows, and so do all that a shard brings along which comes to this node. They are taken into the
// memory in the order in which they came there. A saga in memory whose step waits to begin for 2 seconds gives its room up where others wait,
// and one whose flow does not yield for a second takes none.
func Room(sagas int) Option {
	return option(func(c *config) {
		c.room = sagas
		if sagas < 1 {
			c.errs = append(c.errs, fmt.Errorf("Room %d must be at least 1", sagas))
		}
	})
}

// Steps is how many attempts at steps and undos a node makes at once, of all sagas of the flow: 256 by default, and at least 2. Of one
// step it makes at most as many as that leaves free: half of all while there are no others. So a step that hangs leaves the other half
// to others, until its [Timeout], and of seven that hang something is left for an eighth.
func Steps(attempts int) Option {
	return option(func(c *config) {
		c.steps = attempts
		if attempts < 2 { //nolint:mnd // half of it is 1
			c.errs = append(c.errs, fmt.Errorf("Steps %d must be at least 2", attempts))
		}
	})
}

// Logger is told of panics, and of flows that do not come to where they wait, without what was being worked on. The default is
// [slog.Default].
func Logger(l *slog.Logger) Option {
	return option(func(c *config) {
		c.log = l
		if l == nil {
			c.errs = append(c.errs, fmt.Errorf("Logger: it is nil"))
		}
	})
}
