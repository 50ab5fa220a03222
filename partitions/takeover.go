package partitions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/partitions/internal/store"
)

// take brings shards of one lane to life: fence the last owners' producers, read the offsets, claim, restore to the
// claim, consume. It returns at once; what fails is tried again until the shards are gone.
func (e *engine) take(l *lane, shards []*shard) {
	e.takeovers.Go(func() {
		for attempt := 1; ; attempt++ {
			shards = slices.DeleteFunc(shards, (*shard).gone)
			if len(shards) == 0 {
				return
			}
			err := e.takeover(e.life, l, shards)
			if err == nil || e.life.Err() != nil {
				return
			}
			if errors.Is(err, ErrOffsets) {
				e.fail(err)
				return
			}
			l.logger().WarnContext(e.life, "partitions: shards cannot be taken; trying again", "error", err)
			wait(e.life, again(attempt))
		}
	})
}

func (e *engine) takeover(ctx context.Context, l *lane, shards []*shard) error {
	marks, err := e.fetchOffsets(ctx, false, shards)
	if err != nil {
		return err
	}
	if err := e.fenceDead(ctx, marks); err != nil {
		return err
	}
	e.takeovers.Go(func() { e.watchStrangers(ctx) })
	if err := e.readOffsets(ctx, shards); err != nil {
		return err
	}
	claimed := e.claimAll(l, shards)
	for i, s := range shards {
		switch {
		case s.gone() || errors.Is(claimed[i], ErrNotOwner):
		case claimed[i] != nil:
			e.take(l, []*shard{s})
		default:
			s.start(func() { e.revive(s) })
		}
	}
	return nil
}

// fenceDead fences the producers of owners that are no longer members. A member's own transactions end by themselves.
func (e *engine) fenceDead(ctx context.Context, fetched []committed) error {
	plan := e.plan.Load()
	done := make(map[ownerMark]bool)
	fencing, ctx := errgroup.WithContext(ctx)
	fencing.SetLimit(8)
	for _, c := range fetched {
		mark, ok := parseMark(c.metadata)
		mark.live = false // the same producers
		if !ok || done[mark] || mark.prefix == e.prefix || (plan != nil && plan.Index(mark.member) >= 0) {
			continue
		}
		done[mark] = true
		fencing.Go(func() error { return fence(ctx, e.bus, mark) })
	}
	return fencing.Wait() //nolint:wrapcheck // says what could not be fenced
}

// readOffsets learns from where the shards go on. It waits for transactions that are not decided yet.
func (e *engine) readOffsets(ctx context.Context, shards []*shard) error {
	fetched, err := e.fetchOffsets(ctx, true, shards)
	if err != nil {
		return err
	}
	if err := e.begun(ctx, fetched); err != nil {
		return err
	}
	starts, err := e.starts(ctx, fetched)
	if err != nil {
		return err
	}
	for _, s := range shards {
		s.offsets = make(map[string]int64, len(e.inputs))
	}
	for i, c := range fetched {
		offset := c.offset
		if offset < 0 {
			offset = starts[c.topic][c.shard.id]
		}
		fetched[i].shard.offsets[c.topic] = offset
	}
	return nil
}

// claimAll writes the shards' claims, and returns what became of each.
func (e *engine) claimAll(l *lane, shards []*shard) []error {
	errs := make([]error, len(shards))
	var open sync.WaitGroup
	commands := make([]command, len(shards))
	for i, s := range shards {
		open.Add(1)
		commands[i] = command{shard: s, early: true, do: (*Tx).claim, done: func(err error) { errs[i] = err; open.Done() }}
	}
	l.post(commands...)
	open.Wait()
	return errs
}

// revive restores a claimed shard and hands it to its lane.
func (e *engine) revive(s *shard) {
	s.enter(PhaseRestoring)
	began := time.Now()
	if err := e.restore(s); err != nil {
		if !s.gone() {
			e.fail(fmt.Errorf("restore shard %d: %w", s.id, err))
		}
		return
	}
	s.lane.post(command{shard: s, early: true, do: func(tx *Tx) error {
		s.lane.open(s)
		for _, f := range e.config.opened {
			if err := f(tx); err != nil {
				return err
			}
		}
		return nil
	}, done: func(err error) {
		switch {
		case err == nil:
			e.lead(s)
		case s.gone() || errors.Is(err, ErrNotOwner):
		case !errors.Is(err, errUncertain):
			e.fail(fmt.Errorf("open shard %d: %w", s.id, err))
		case Phase(s.phase.Load()) != PhaseLive: // a live one is taken again with its lane's others
			e.take(s.lane, []*shard{s})
		}
	}})
	e.meters.restored(s.ctx, time.Since(began))
}

// restore brings the shard's local state to its claim.
func (e *engine) restore(s *shard) error {
	if err := e.endCopy(s.ctx, s.id); err != nil {
		return err
	}
	position, err := e.openState(s)
	if err != nil {
		return err
	}
	if err := e.restorer.restore(s, position); err != nil {
		return err
	}
	return errors.Join(s.nextTimer(), s.findParked())
}

// openState opens what this node has of a shard, and says how far that goes. What cannot be built upon is removed.
func (e *engine) openState(s *shard) (store.Position, error) {
	if s.state == nil {
		var err error
		if s.state, err = e.store.Open(s.id); err != nil {
			return store.Position{}, err
		}
	}
	if position, known := s.state.Position(); known && e.usable(position) {
		return position, nil
	}
	return store.Position{Topic: e.ids[e.changelog], Epoch: -1}, s.state.Wipe()
}
