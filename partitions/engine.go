package partitions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/assign"
	"github.com/millrace/millrace/partitions/internal/store"
)

// engine is one run of a group on this node.
type engine struct {
	bus       *bus.Bus
	config    *config
	logger    *slog.Logger
	meters    *meters
	client    *kgo.Client
	joined    atomic.Pointer[kgo.Client] // the member's, whose coordinator has let this node into the group
	givenUp   atomic.Bool                // the membership is lost, and there is no new one yet
	admin     *kadm.Client
	prefix    string
	changelog string
	inputs    []string
	ids       map[string][16]byte
	count     int
	store     store.Store
	gate      *gate
	trust     *trust
	lanes     []*lane
	restorer  *restorer
	asker     *asker
	plan      atomic.Pointer[assign.Plan]
	refused   refusedTopics
	strangers atomic.Int32 // the generation of the plan under which transactions of dead nodes were looked for
	watchers  watchers
	workers   chan struct{}
	fatal     chan error
	takeovers sync.WaitGroup
	began     time.Time
	life      context.Context //nolint:containedctx // the run's life, which outlives its caller's context by the drain
	end       context.CancelCauseFunc

	mu     sync.Mutex
	shards map[int32]*shard
	copies map[int32]*shard // what this node keeps as a standby
	kept   map[int32]int64  // state of an earlier run, by how many records it lacked when this one began
}

// clientMetadataAge is how soon clients may ask again where partitions are: taking a shard waits for it.
const clientMetadataAge = 20 * time.Millisecond

// brokerPatience is how long a broker is waited for beyond what a request may take, until another is asked who leads now.
const brokerPatience = 5 * time.Second

var errStopped = errors.New("partitions: the group is stopping")

func newEngine(ctx context.Context, g *Group) (e *engine, err error) {
	c := g.config
	e = &engine{
		bus: g.bus, config: c, logger: g.bus.Logger(), prefix: c.name + "." + c.node + "." + uuid.NewString()[:8],
		changelog: c.changelog(), inputs: c.topics(), gate: newGate(), trust: newTrust(c.session), shards: make(map[int32]*shard),
		copies: make(map[int32]*shard), began: time.Now(),
		workers: make(chan struct{}, c.workers), fatal: make(chan error, 1),
	}
	e.life, e.end = context.WithCancelCause(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if e.meters, err = newMeters(e); err != nil {
		return e, err
	}
	if e.client, err = g.bus.Client(kgo.RequestTimeoutOverhead(brokerPatience)); err != nil {
		return e, err
	}
	e.admin = kadm.NewClient(e.client)
	if err = e.checkBrokers(ctx); err != nil {
		return e, err
	}
	if err = e.prepareTopics(ctx); err != nil {
		return e, err
	}
	e.store = store.Memory()
	if c.directory != "" {
		if e.store, err = store.Pebble(c.directory); err != nil {
			return e, fmt.Errorf("local state in %s: %w", c.directory, err)
		}
	}
	if e.kept, err = e.keptFrom(ctx); err != nil {
		return e, fmt.Errorf("local state: %w", err)
	}
	if e.restorer, err = newRestorer(e); err != nil {
		return e, err
	}
	if len(c.commands) > 0 {
		if e.asker, err = newAsker(ctx, e); err != nil {
			return e, err
		}
	}
	for i := range c.lanes {
		consumer, err := g.bus.Client(
			kgo.MetadataMinAge(clientMetadataAge),
			kgo.RequestTimeoutOverhead(brokerPatience),
			kgo.FetchMaxWait(500*time.Millisecond),
			kgo.FetchMaxPartitionBytes(c.fetched()),
			kgo.FetchMaxBytes(maxFetched),
			kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		)
		if err != nil {
			return e, err
		}
		e.lanes = append(e.lanes, &lane{engine: e, number: i, consumer: consumer, shards: make(map[int32]*shard), room: room{calls: math.MaxInt}})
	}
	return e, nil
}

// run joins the group until ctx ends or something ends it that cannot be mended here.
func (e *engine) run(ctx context.Context) error {
	running, inner := errgroup.WithContext(ctx)
	for _, l := range e.lanes {
		running.Go(func() error { return l.run(inner) })
	}
	running.Go(func() error { return e.restorer.run(inner) })
	if e.asker != nil {
		running.Go(func() error { return e.asker.run(inner) })
	}
	running.Go(func() error { return e.member(inner) })
	running.Go(func() error { return e.watchTopics(inner) })
	running.Go(func() error { return e.sweepKept(inner) })
	for table, ttl := range e.config.expiring {
		running.Go(func() error { return e.expire(inner, table, ttl) })
	}
	running.Go(func() error {
		select {
		case <-inner.Done():
			return nil
		case err := <-e.fatal:
			return err
		}
	})
	err := running.Wait()
	e.end(errStopped)
	e.takeovers.Wait()
	return errors.Join(err, e.disown(e.owned()))
}

// fail ends the run from where no error can be returned.
func (e *engine) fail(err error) {
	select {
	case e.fatal <- err:
	default:
	}
}

func (e *engine) close() {
	e.end(errStopped)
	e.trust.lose()
	if e.meters != nil {
		e.meters.close()
	}
	if e.restorer != nil {
		e.restorer.client.Close()
	}
	e.asker.close()
	for _, l := range e.lanes {
		l.consumer.Close()
	}
	if e.store != nil {
		if err := e.store.Close(); err != nil {
			e.logger.Warn("partitions: local state did not close", "group", e.config.name, "error", err)
		}
	}
	if e.client != nil {
		e.client.Close()
	}
}
