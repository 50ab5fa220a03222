package partitions

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Option is a part of a group or changes how it runs. See [New].
type Option interface{ applyGroup(*config) }

type option func(*config)

func (f option) applyGroup(c *config) { f(c) }

type config struct {
	name       string
	handlers   map[bus.Topic]*topicHandlers
	parts      map[string]part
	timers     map[string]*timerDefinition
	counters   []*Counter
	opened     []func(*Tx) error
	draining   []func()
	singletons []*singleton
	commands   map[string]any
	remembers  map[string]time.Duration // how long commands' answers are kept
	errs       []error

	node      string
	address   string
	rack      string
	zone      string
	weight    int
	lanes     int
	batch     int
	start     bus.Start
	session   time.Duration
	clock     func() time.Time
	heartbeat time.Duration
	directory string
	retry     resilience.RetryPolicy
	poison    Poison
	workers   int
	shards    int
	standbys  int
	secrets   [][]byte
	parkLimit int
	apart     map[bus.Topic]bool       // where tenants are
	expiring  map[string]time.Duration // tables with expiring rows
}

// part is a definition that a group uses: a table, a timer or a counter.
type part interface {
	partName() string
	partErr() error
	applyGroup(*config)
}

// Options are several options as one, so that a package can hand a group all that it needs of it.
func Options(opts ...Option) Option {
	return option(func(c *config) {
		for _, opt := range opts {
			if opt == nil {
				c.errs = append(c.errs, errors.New("an option is nil"))
				continue
			}
			opt.applyGroup(c)
		}
	})
}

// Invalid makes [New] fail with err: a package that hands a group a part of itself says so what is wrong with it.
func Invalid(err error) Option { return option(func(c *config) { c.errs = append(c.errs, err) }) }

// Use gives the group its tables, timers and counters. Each has one name within the group, and may be given more than once.
func Use(parts ...part) Option {
	return option(func(c *config) {
		for _, p := range parts {
			if p == nil {
				c.errs = append(c.errs, errors.New("Use: a table, timer or counter is nil"))
				continue
			}
			if other, known := c.parts[p.partName()]; known && other != p {
				c.errs = append(c.errs, fmt.Errorf("two parts are called %q", p.partName()))
			}
			c.parts[p.partName()] = p
			c.errs = append(c.errs, p.partErr())
			p.applyGroup(c)
		}
	})
}

// NodeID names this process within the group, 1 to 128 of the characters a-z A-Z 0-9 . _ -. Local state on disk belongs
// to it. The default is the host's name and a random part.
func NodeID(id string) Option { return option(func(c *config) { c.node = id }) }

// Advertise is the address, host:port, under which this process is reached. Others find it in [Group.Owner] and
// [Group.Nodes], and send it what [Group.Forward] forwards.
func Advertise(address string) Option { return option(func(c *config) { c.address = address }) }

// Zone says where this node is: a rack within a zone. Either may be empty. Others find it in [Group.Nodes].
func Zone(zone, rack string) Option { return option(func(c *config) { c.zone, c.rack = zone, rack }) }

// Weight is this node's share of the shards beside other nodes', 0 to 100. The default is 1; a node of weight 0 is a
// client: it knows all owners and may ask them, and owns nothing.
func Weight(n int) Option { return option(func(c *config) { c.weight = n }) }

// Lanes is how many transactions this node runs at once, 1 to 64. Shards are spread over them. Fewer make larger
// transactions, each of which costs the brokers about the same: the default is one for each processor, 2 to 16. More may
// help handlers that wait, and bulk work, at the price of latency and memory.
func Lanes(n int) Option { return option(func(c *config) { c.lanes = n }) }

// WallClock is what this node takes for the time of day: in [Tx.Now], of timers, and of rows that expire. The default is [time.Now]. It is for
// tests of what comes of clocks that differ. Time-outs and leases are by the monotonic clock and do not heed it.
func WallClock(now func() time.Time) Option { return option(func(c *config) { c.clock = now }) }

// MaxBatch bounds the records of one transaction, 1 to 1,000,000. A batch is what has arrived meanwhile, so that it is
// small while there is little to do. The default is 10,000.
func MaxBatch(records int) Option { return option(func(c *config) { c.batch = records }) }

// StartAt is where a group that has never committed begins: [bus.Earliest], the default, or [bus.Latest].
func StartAt(s bus.Start) Option { return option(func(c *config) { c.start = s }) }

// SessionTimeout is how long the group waits for a node that has died before others take its shards, 6 seconds by
// default and at least, unless the brokers allow less. Heartbeats go out at a twelfth of it.
func SessionTimeout(d time.Duration) Option { return option(func(c *config) { c.session = d }) }

// OnDisk keeps tables in files in the directory instead of in memory. They are a copy of the changelog: losing them
// costs time, not data. One process uses a directory at a time.
func OnDisk(directory string) Option { return option(func(c *config) { c.directory = directory }) }

// Workers is how many functions given to [Tx.Go] run at once. The default is 64.
func Workers(n int) Option { return option(func(c *config) { c.workers = n }) }

// Shards is how many shards a group has that has no input but commands, or nothing but singletons, 1 to 65,536. It counts
// when the group's topics are made. The default is 12.
func Shards(n int) Option { return option(func(c *config) { c.shards = n }) }

var namePattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}$`)

func newConfig(name string, opts []Option) (*config, error) {
	c := &config{
		name: name, handlers: make(map[bus.Topic]*topicHandlers), parts: make(map[string]part),
		timers: make(map[string]*timerDefinition), expiring: make(map[string]time.Duration),
		weight: 1, lanes: min(max(2, runtime.GOMAXPROCS(0)), 16), batch: 10_000,
		start: bus.Earliest, clock: time.Now, session: 6 * time.Second, workers: 64, shards: 12, parkLimit: 100_000,
		retry: resilience.RetryPolicy{Attempts: 3, Initial: 5 * time.Millisecond, Max: 50 * time.Millisecond, Multiplier: 2},
	}
	Options(opts...).applyGroup(c)
	if c.node == "" {
		host, err := os.Hostname()
		if err != nil || !namePattern.MatchString(host) {
			host = "node"
		}
		c.node = host[:min(len(host), 64)] + "-" + uuid.NewString()[:8]
	}
	c.heartbeat = c.session / 12
	return c, errors.Join(append(c.errs, c.check())...)
}

func (c *config) check() error {
	var errs []error
	require := func(ok bool, text string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(text, args...))
		}
	}
	require(namePattern.MatchString(c.name), "the name must be 1 to 200 of the characters a-z A-Z 0-9 . _ -")
	require(namePattern.MatchString(c.node) && len(c.node) <= 128, "node id %q must be 1 to 128 of the characters a-z A-Z 0-9 . _ -", c.node)
	require(len(c.handlers)+len(c.singletons) > 0, "nothing to do: pass partitions.On or partitions.Singleton")
	require(c.weight >= 0 && c.weight <= 100, "weight %d must be 0 to 100", c.weight)
	require(c.lanes >= 1 && c.lanes <= 64, "lanes %d must be 1 to 64", c.lanes)
	require(c.clock != nil, "the wall clock must not be nil")
	require(c.batch >= 1 && c.batch <= 1_000_000, "batch %d must be 1 to 1,000,000 records", c.batch)
	require(c.session >= time.Second, "session timeout %s must be at least 1s", c.session)
	require(c.workers >= 1 && c.workers <= 100_000, "workers %d must be 1 to 100,000", c.workers)
	require(c.shards >= 1 && c.shards <= 1<<16, "shards %d must be 1 to 65,536", c.shards)
	require(c.standbys >= 0 && c.standbys <= 16, "standbys %d must be 0 to 16", c.standbys)
	require(c.parkLimit >= 1, "park limit %d must be positive", c.parkLimit)
	require(c.start == bus.Earliest || c.start == bus.Latest, "a group starts at Earliest or Latest")
	errs = append(errs, c.retry.Validate())
	return errors.Join(errs...)
}

// using is an error where the part is not the group's.
func (c *config) using(p part) error {
	if c.parts[p.partName()] == p {
		return nil
	}
	return fmt.Errorf("partitions: group %q does not use %q: pass it to partitions.Use", c.name, p.partName())
}

// topics are the group's inputs, sorted. A group of singletons alone has the shards of a topic that nobody writes to.
func (c *config) topics() []string {
	if len(c.handlers) == 0 {
		return []string{c.commandTopic()}
	}
	topics := make([]string, 0, len(c.handlers))
	for topic := range c.handlers {
		topics = append(topics, string(topic))
	}
	slices.Sort(topics)
	return topics
}

// changelog is the topic that holds the group's tables, timers and claims.
func (c *config) changelog() string { return c.name + ".changelog" }

func (c *config) commandTopic() string { return c.name + ".commands" }
func (c *config) answerTopic() string  { return c.name + ".answers" }
func (c *config) deadTopic() string    { return c.name + ".dlq" }
