package partitions

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	watchers  watchers
	workers   chan struct{}
	fatal     chan error
	takeovers sync.WaitGroup
	life      context.Context //nolint:containedctx // the run's life, which outlives its caller's context by the drain
	end       context.CancelCauseFunc

	mu     sync.Mutex
	shards map[int32]*shard
}

// clientMetadataAge is how soon clients may ask again where partitions are: taking a shard waits for it.
const clientMetadataAge = 20 * time.Millisecond

// ErrNotOwner is found in the error of what was asked of a shard that this node does not own, or no longer.
var ErrNotOwner = errors.New("partitions: this node does not own the shard")

var errStopped = errors.New("partitions: the group is stopping")

func newEngine(ctx context.Context, g *Group) (e *engine, err error) {
	c := g.config
	e = &engine{
		bus: g.bus, config: c, logger: g.bus.Logger(), prefix: c.name + "." + c.node + "." + uuid.NewString()[:8],
		changelog: c.changelog(), inputs: c.topics(), gate: newGate(), trust: newTrust(c.session), shards: make(map[int32]*shard),
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
	if e.client, err = g.bus.Client(); err != nil {
		return e, err
	}
	e.admin = kadm.NewClient(e.client)
	if err = e.prepareTopics(ctx); err != nil {
		return e, err
	}
	e.store = store.Memory()
	if c.directory != "" {
		if e.store, err = store.Pebble(c.directory); err != nil {
			return e, fmt.Errorf("local state in %s: %w", c.directory, err)
		}
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
			kgo.FetchMaxWait(500*time.Millisecond),
			kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		)
		if err != nil {
			return e, err
		}
		e.lanes = append(e.lanes, &lane{engine: e, number: i, consumer: consumer, shards: make(map[int32]*shard)})
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

// laneOf is the lane that runs a shard.
func (e *engine) laneOf(shard int32) *lane { return e.lanes[int(shard)%len(e.lanes)] }

// own begins with shards that are this node's now.
func (e *engine) own(ids []int32) {
	byLane := make(map[*lane][]*shard)
	e.mu.Lock()
	for _, id := range ids {
		if e.shards[id] != nil {
			continue
		}
		s := &shard{id: id, lane: e.laneOf(id)}
		s.ctx, s.cancel = context.WithCancelCause(e.life) //nolint:fatcontext // a life of its own for each shard
		e.shards[id] = s
		byLane[s.lane] = append(byLane[s.lane], s)
	}
	e.mu.Unlock()
	for l, shards := range byLane {
		e.meters.owned(e.life, len(shards))
		e.take(l, shards)
	}
}

// disown gives shards up. No transaction runs meanwhile.
func (e *engine) disown(ids []int32) error {
	var ending errgroup.Group
	e.mu.Lock()
	for _, id := range ids {
		if s := e.shards[id]; s != nil {
			delete(e.shards, id)
			ending.Go(func() error { return s.end(ErrNotOwner) })
		}
	}
	e.mu.Unlock()
	if err := ending.Wait(); err != nil {
		return fmt.Errorf("local state: %w", err)
	}
	return nil
}

func (e *engine) owned() []int32 {
	e.mu.Lock()
	defer e.mu.Unlock()
	ids := make([]int32, 0, len(e.shards))
	for id := range e.shards {
		ids = append(ids, id)
	}
	return ids
}

func (e *engine) shard(id int32) *shard {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shards[id]
}
