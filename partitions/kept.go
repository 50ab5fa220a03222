package partitions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/partitions/internal/store"
)

// How long state of shards that this node has nothing to do with any more is kept: they often come back.
const (
	keptFor   = 10 * time.Minute
	keptCheck = time.Minute
)

// maxStale is how old local state may be: after 24 hours compaction may have removed what says that a row was deleted.
const maxStale = 12 * time.Hour

// keptFrom are the shards that this node still has state of from an earlier run, and how much it lacks.
func (e *engine) keptFrom(ctx context.Context) (map[int32]int64, error) {
	had, err := e.store.Shards()
	if err != nil || len(had) == 0 {
		return nil, err
	}
	ends, err := e.changelogEnds(ctx)
	if err != nil {
		return nil, err
	}
	kept := make(map[int32]int64, len(had))
	ends.Each(func(end kadm.ListedOffset) {
		if at, ok := had[end.Partition]; ok && e.usable(at) && at.Next <= end.Offset {
			kept[end.Partition] = end.Offset - at.Next
		}
	})
	return kept, nil
}

// changelogEnds is where the committed records of each shard's changelog end.
func (e *engine) changelogEnds(ctx context.Context) (kadm.ListedOffsets, error) {
	ends, err := e.admin.ListCommittedOffsets(ctx, e.changelog)
	if err == nil {
		err = ends.Error()
	}
	return ends, missing(err != nil, "where %s ends: %w", e.changelog, err)
}

// usable says whether local state may be built upon.
func (e *engine) usable(at store.Position) bool {
	return at.Topic == e.ids[e.changelog] && time.Since(at.Written) <= maxStale
}

// sweepKept drops the state of shards that this node has neither owned nor copied for a while.
func (e *engine) sweepKept(ctx context.Context) error {
	ticker := time.NewTicker(keptCheck)
	defer ticker.Stop()
	idle := make(map[int32]time.Time)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := e.dropIdle(idle, time.Now()); err != nil {
			return fmt.Errorf("local state: %w", err)
		}
	}
}

func (e *engine) dropIdle(idle map[int32]time.Time, now time.Time) error {
	held, err := e.store.Shards()
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range idle {
		if _, still := held[id]; !still || e.shards[id] != nil || e.copies[id] != nil {
			delete(idle, id)
		}
	}
	for id := range held {
		if e.shards[id] != nil || e.copies[id] != nil {
			continue
		}
		since, known := idle[id]
		switch {
		case !known:
			idle[id] = now
		case now.Sub(since) >= keptFor:
			if err := e.store.Drop(id); err != nil && !errors.Is(err, store.ErrOpen) {
				return err
			}
			delete(idle, id)
			delete(e.kept, id)
		}
	}
	return nil
}
