package partitions

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// sweep forgets shards that have gone elsewhere, and what was polled of them.
func (l *lane) sweep() {
	gone := make(map[string][]int32)
	for id, s := range l.shards {
		if !s.gone() {
			continue
		}
		delete(l.shards, id)
		for topic := range s.offsets {
			gone[topic] = append(gone[topic], id)
		}
	}
	if len(gone) > 0 {
		l.drop(gone)
		l.consumer.RemoveConsumePartitions(gone)
		kept := l.pending[:0]
		for _, r := range l.pending {
			if l.shards[r.Partition] != nil {
				kept = append(kept, r)
			}
		}
		l.pending = kept
	}
}

// open makes a restored shard live. It runs on the lane, within a command.
func (l *lane) open(s *shard) {
	at := make(map[string]map[int32]kgo.Offset, len(s.offsets))
	for topic, offset := range s.offsets {
		at[topic] = map[int32]kgo.Offset{s.id: kgo.NewOffset().At(offset)}
	}
	l.shards[s.id] = s
	s.ends = make(map[string]int64, len(s.offsets))
	s.enter(PhaseLive)
	s.whole.Store(true)
	s.lag.Store(0)
	l.consumer.AddConsumePartitions(at)
}

// due says whether a timer of a live shard has come.
func (l *lane) due() bool {
	next := l.nextDue()
	return !next.IsZero() && !next.After(l.engine.config.clock())
}

func (l *lane) nextDue() time.Time {
	var next time.Time
	for _, s := range l.shards {
		if !s.due.IsZero() && (next.IsZero() || s.due.Before(next)) {
			next = s.due
		}
	}
	return next
}

// reopen opens the lane's producers, however long that takes.
func (l *lane) reopen(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		var err error
		if l.ring, err = openRing(ctx, l.engine, l.number); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		l.logger().WarnContext(ctx, "partitions: producers cannot be opened; trying again", "error", err)
		wait(ctx, again(attempt))
	}
}

// recover opens the producers anew, which settles what they left open, and takes all live shards again from there.
func (l *lane) recover(ctx context.Context) error {
	l.ring.close()
	l.pending, l.later = nil, nil
	away := make(map[string][]int32)
	shards := make([]*shard, 0, len(l.shards))
	for id, s := range l.shards {
		shards = append(shards, s)
		s.enter(PhaseClaiming)
		s.awaited.stir()
		l.engine.trust.revoke(s)
		for topic := range s.offsets {
			away[topic] = append(away[topic], id)
		}
	}
	l.drop(away)
	l.consumer.RemoveConsumePartitions(away)
	clear(l.shards)
	l.failures++
	wait(ctx, again(l.failures))
	if err := l.reopen(ctx); err != nil {
		return nil //nolint:nilerr // ctx has ended
	}
	l.engine.take(l, shards)
	return nil
}

// stop ends the lane's clients, and whoever waits for its commands.
func (l *lane) stop() {
	l.mu.Lock()
	commands := l.commands
	l.stopped, l.commands = true, nil
	l.mu.Unlock()
	refuseCommands(commands, ErrNotOwner)
	l.consumer.Close()
	if l.ring != nil {
		l.ring.close()
	}
}
