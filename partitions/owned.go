package partitions

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

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
		delete(e.kept, id)
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
	given := 0
	e.mu.Lock()
	for _, id := range ids {
		if s := e.shards[id]; s != nil {
			delete(e.shards, id)
			given++
			ending.Go(func() error { return s.end(ErrNotOwner) })
		}
	}
	e.mu.Unlock()
	err := ending.Wait()
	e.meters.lost.Add(e.life, int64(given), e.meters.group)
	e.arrange()
	if err != nil {
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
