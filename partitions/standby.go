package partitions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"github.com/millrace/millrace/partitions/internal/assign"
)

// Standbys is how many other nodes keep a warm copy of each shard's tables, 0 to 16, apart from the owner by zone and rack
// where that can be. A copy that has caught up is preferred as the next owner, which then has next to nothing to
// restore. All nodes of a group say the same; where they do not, the number of the node that leads counts. The default is 0.
func Standbys(n int) Option { return option(func(c *config) { c.standbys = n }) }

// arrange begins the copies that the plan asks of this node, and ends those that it no longer asks for.
func (e *engine) arrange() {
	wanted := e.standbyOf()
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, copied := range e.copies {
		if !wanted[id] || e.shards[id] != nil {
			copied.cancel(errNoStandby)
		}
	}
	for id := range wanted {
		if e.shards[id] != nil || e.copies[id] != nil || e.life.Err() != nil {
			continue
		}
		s := &shard{id: id, finished: make(chan struct{})}
		s.ctx, s.cancel = context.WithCancelCause(e.life) //nolint:fatcontext // a life of its own for each shard
		s.lag.Store(math.MaxInt64)
		s.enter(PhaseRestoring)
		e.copies[id] = s
		e.takeovers.Go(func() { e.keepCopy(s) })
	}
}

var errNoStandby = errors.New("partitions: this node keeps no copy of the shard")

// standbyOf are the shards of which this node is to keep a copy.
func (e *engine) standbyOf() map[int32]bool {
	plan := e.plan.Load()
	if plan == nil {
		return nil
	}
	wanted := make(map[int32]bool)
	for shard, standbys := range plan.Standbys {
		for _, i := range standbys {
			if plan.Members[i].ID == e.config.node {
				wanted[int32(shard)] = true
			}
		}
	}
	return wanted
}

// keepCopy follows a shard's changelog until the copy is no longer wanted. What fails is tried again.
func (e *engine) keepCopy(s *shard) {
	for attempt := 1; !s.gone(); attempt++ {
		err := e.follow(s)
		if s.gone() {
			break
		}
		e.logger.Warn("partitions: a standby copy failed; trying again", "group", e.config.name, "shard", s.id, "error", err)
		wait(s.ctx, again(attempt))
	}
	if err := s.end(errNoStandby); err != nil {
		e.fail(fmt.Errorf("local state: %w", err))
	}
	e.mu.Lock()
	delete(e.copies, s.id)
	e.mu.Unlock()
	close(s.finished)
	e.arrange()
}

// follow applies the changelog as it grows. It returns when the shard is gone, or with an error.
func (e *engine) follow(s *shard) error {
	position, err := e.openState(s)
	if err != nil {
		return err
	}
	ends, err := e.changelogEnds(s.ctx)
	if err != nil {
		return err
	}
	end, _ := ends.Lookup(e.changelog, s.id)
	return e.restorer.follow(s, position, end.Offset)
}

// endCopy ends this node's copy of a shard, so that its state can be opened by its owner.
func (e *engine) endCopy(ctx context.Context, id int32) error {
	e.mu.Lock()
	copied := e.copies[id]
	e.mu.Unlock()
	if copied == nil {
		return nil
	}
	copied.cancel(errNoStandby)
	select {
	case <-copied.finished:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// copyOf is what this node has of a shard, if that is all that the shard had at some time.
func (e *engine) copyOf(id int32) *shard {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range []*shard{e.shards[id], e.copies[id]} {
		if s != nil && s.whole.Load() {
			return s
		}
	}
	return nil
}

// self is what this node says of itself when it joins.
func (e *engine) self() assign.Node {
	c := e.config
	node := assign.Node{ID: c.node, Address: c.address, Rack: c.rack, Zone: c.zone, Weight: c.weight, Warm: make(map[int32]int64)}
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Since(e.began) < keptFor { // how much kept state lacks was asked at the start
		maps.Copy(node.Warm, e.kept)
	}
	for id, s := range e.copies {
		if lag := s.lag.Load(); lag < math.MaxInt64 {
			node.Warm[id] = lag
		}
	}
	return node
}
