package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Runner does the jobs of one queue on this node.
type Runner struct {
	Control

	group  *partitions.Group
	kinds  map[string]*hired
	tells  bool
	dead   time.Duration // for which dead jobs are kept
	grace  time.Duration
	logs   *slog.Logger
	wall   func() time.Time // the time of day
	tracer trace.Tracer     // nil without telemetry

	schedules map[string]*schedule
	books
	rosters
	permits
	bounds  bounds
	governs bool // it has limits

	mu       sync.Mutex
	desks    map[int32]*desk // by shard
	hungry   []*desk         // that have jobs which wait as rows, and are not being filled
	fair     fair
	limits   limits
	covered  map[string]int // permits that the desks have and have asked for, by class
	looks    int            // at flows, to find those whose jobs may go on
	seen     int            // looks until the last refill
	resting  bool           // looks have cost much
	missed   bool           // there was room meanwhile
	active   int            // workers
	suspect  *attempt       // the one in the memory that may be what ends processes
	stuck    int            // handlers that are given up and have not returned
	draining bool
	quiet    *sync.Cond // told when attempts end
}

// books are the rows of a queue.
type books struct {
	live   *partitions.Table[string, []byte] // jobs in the memory of the shard's owner
	held   *partitions.Table[string, []byte] // jobs that wait, for their turn or their time
	past   *partitions.Table[string, []byte] // jobs that have ended
	ready  *partitions.Table[string, []byte] // the turns: see turn
	dues   *partitions.Table[string, []byte] // the times: see due
	unique *partitions.Table[string, []byte] // who has a unique key
	said   *partitions.Table[string, []byte] // what was said of the queue
	due    *partitions.Timer[string]
	told   bus.Event[Told]
	ticks  *partitions.Table[string, ticked] // how far the schedules are
	clock  *partitions.Timer[string]
}

const (
	tableLive   = "live"
	tableHeld   = "held"
	tablePast   = "past"
	tableReady  = "ready"
	tableDues   = "due"
	tableUnique = "unique"
	tableSaid   = "said"
)

func (n *Runner) define() {
	table := func(name string) *partitions.Table[string, []byte] {
		return partitions.NewTable[string, []byte](name, partitions.Values[[]byte](plain{}))
	}
	n.live, n.held, n.past, n.ready = table(tableLive), table(tableHeld), table(tablePast), table(tableReady)
	n.dues, n.unique, n.said = table(tableDues), table(tableUnique), table(tableSaid)
	n.rosters, n.permits = newRosters(), newPermits()
	n.due = partitions.NewTimer("timer", n.fire)
	n.defineCron()
	n.told = toldOf(n.queue)
	n.ask = newAsk()
}

// New makes a runner of a queue's kinds. Every node of the queue is given all of them: a job of a kind that its node does not know waits
// until one that does has its shard. Each kind names its queue, which must be this one. Nothing is contacted before [Runner.Run].
//
// At most as many nodes work as the queue has [Shards]; others are standbys, and say so in their log.
func New(b *bus.Bus, queue string, opts ...RunnerOption) (*Runner, error) {
	c := setup{workers: usualWorkers, grace: usualGrace, dead: usualDead}
	for _, opt := range opts {
		if opt == nil {
			c.errs = append(c.errs, errors.New("an option is nil"))
			continue
		}
		opt.applyRunner(&c)
	}
	n := &Runner{
		Control: Control{bus: b, queue: queue},
		kinds:   make(map[string]*hired, len(c.kinds)), tells: c.tells, dead: c.dead, grace: c.grace, logs: c.log,
		desks: make(map[int32]*desk), schedules: make(map[string]*schedule, len(c.schedules)), fair: newFair(), limits: limits{workers: c.workers},
		covered: make(map[string]int),
	}
	n.quiet, n.bounds = sync.NewCond(&n.mu), c.bounds
	if !queuePattern.MatchString(queue) {
		c.errs = append(c.errs, fmt.Errorf("the queue %q must be 1 to 100 of the characters a-z 0-9 -, beginning with a letter", queue))
	}
	for _, k := range c.kinds {
		if n.kinds[k.name] != nil {
			c.errs = append(c.errs, fmt.Errorf("there are two kinds %q", k.name))
		}
		if k.err == nil && k.queue != queue {
			c.errs = append(c.errs, fmt.Errorf("jobs of the kind %q go to the queue %q: give it jobs.Queue(%q)", k.name, k.queue, queue))
		}
		c.errs = append(c.errs, k.err)
		n.kinds[k.name] = &hired{kind: k}
		n.governs = n.governs || n.governed(n.kinds[k.name])
	}
	if len(c.kinds) == 0 && !c.client {
		c.errs = append(c.errs, errors.New("there are no kinds: give what jobs.Define returns, or jobs.Client"))
	}
	for _, s := range c.schedules {
		if n.schedules[s.name] != nil {
			c.errs = append(c.errs, fmt.Errorf("there are two schedules %q", s.name))
		}
		n.schedules[s.name] = s
	}
	if err := errors.Join(c.errs...); err != nil {
		return nil, fmt.Errorf("jobs: queue %q: %w", queue, err)
	}
	n.define()
	if b != nil {
		if traces, _ := b.Providers(); traces != nil {
			n.tracer = traces.Tracer(scope)
		}
	}
	var err error
	if n.group, err = partitions.New(b, groupOf(queue), n.part(), partitions.Options(c.group...)); err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	n.of, n.wall = n.group, n.group.Now
	return n, nil
}

// part is what the queue's group runs.
func (n *Runner) part() partitions.Option {
	return partitions.Options(
		partitions.Use(n.batches, n.members, n.early, n.purses, n.claims, n.usages),
		partitions.Use(n.live, n.held, n.past, n.ready, n.dues, n.unique, n.said, n.due, n.ticks, n.clock, ticks, ends, duplicates, untold),
		partitions.OnRecord(inputTopic(n.queue), n.arrive), partitions.Answer(n.ask, n.answer),
		partitions.Opened(n.opened), partitions.Draining(n.drain), partitions.TenantsApart(inputTopic(n.queue)),
		partitions.MaxBatch(arrivalsAtOnce),
	)
}

// groupOf is the name of the group that runs a queue.
func groupOf(queue string) string { return "jobs." + queue }

// arrivalsAtOnce bounds the jobs that come in one transaction: small enough that those of the one before are done meanwhile.
const arrivalsAtOnce = 4000

// Run does jobs until ctx ends. Then what runs is given the [Grace] to end, and others take over. It runs once at a time.
func (n *Runner) Run(ctx context.Context) error {
	n.mu.Lock()
	n.draining = false
	n.mu.Unlock()
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { n.watch(watching) })
	defer watch.Wait()
	defer stop()
	return n.group.Run(ctx)
}

// Group is the group that runs the queue, for who asks where its shards are.
func (n *Runner) Group() *partitions.Group { return n.group }

// Contracts are what a queue is sent and what it tells, for [bus.Bus.Verify]: the topic "<queue>.jobs", and with [Tell] "<queue>.told".
func (n *Runner) Contracts() []bus.Definition {
	defs := make([]bus.Definition, 0, len(n.kinds)+1)
	for _, h := range n.kinds {
		defs = append(defs, h.kind)
	}
	if n.tells {
		defs = append(defs, n.told)
	}
	return defs
}

// logger is asked for when there is something to log: what is the default may be set after runners are made.
func (n *Runner) logger() *slog.Logger { return cmp.Or(n.logs, slog.Default()) }
