package partitions

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bus"
)

// Group is a program that runs on every node: shard p is partition p of all its topics, and each shard runs on one node.
type Group struct {
	bus    *bus.Bus
	config *config
	engine atomic.Pointer[engine]
}

// ErrNotRunning is found in the error of what needs a group that is in [Group.Run].
var ErrNotRunning = errors.New("partitions: the group is not running")

// New makes a group. Its name is the consumer group's, 1 to 200 of the characters a-z A-Z 0-9 . _ -. Nothing is
// contacted before [Group.Run]; wrong definitions and options are an error here.
func New(b *bus.Bus, name string, opts ...Option) (*Group, error) {
	if b == nil {
		return nil, errors.New("partitions: the bus must not be nil")
	}
	c, err := newConfig(name, opts)
	if err != nil {
		return nil, fmt.Errorf("partitions: group %q: %w", name, err)
	}
	return &Group{bus: b, config: c}, nil
}

// Name is the group's name.
func (g *Group) Name() string { return g.config.name }

// Answers says whether the group answers a command, and for how long it remembers its answers, zero where it does not: see [Remember].
func (g *Group) Answers(command string) (remembered time.Duration, known bool) {
	_, known = g.config.commands[command]
	return g.config.remembers[command], known
}

// Now is the time by the node's wall clock: see [WallClock].
func (g *Group) Now() time.Time { return g.config.clock() }

// Run joins the group and runs the shards that fall to this node until ctx ends. Then it commits what runs, leaves so
// that others take over at once, and returns nil. Unreachable brokers are waited for. Wrong topics, refused credentials
// and local state that cannot be written end it with an error. A group runs once at a time.
func (g *Group) Run(ctx context.Context) error {
	e, err := g.begin(ctx)
	if err != nil {
		return fmt.Errorf("partitions: group %q: %w", g.config.name, err)
	}
	if e == nil {
		return nil
	}
	defer e.close()
	if !g.engine.CompareAndSwap(nil, e) {
		return fmt.Errorf("partitions: group %q runs already", g.config.name)
	}
	defer g.engine.Store(nil)
	running, stop := g.config.drained(ctx)
	defer stop()
	if err := e.run(running); err != nil {
		return fmt.Errorf("partitions: group %q: %w", g.config.name, err)
	}
	return nil
}

func (g *Group) running() (*engine, error) {
	if e := g.engine.Load(); e != nil {
		return e, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrNotRunning, g.config.name)
}
