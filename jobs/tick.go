package jobs

import (
	"slices"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// ticked is how far a schedule is.
type ticked struct {
	Expression string    `json:"expression"`
	Zone       string    `json:"zone"`
	Kind       string    `json:"kind"`
	Last       time.Time `json:"last"` // the last tick that was seen to, or when it began
}

func (n *Runner) defineCron() {
	n.ticks = partitions.NewTable[string, ticked]("cron", partitions.Values(bus.JSON[ticked]()))
	n.clock = partitions.NewTimer("tick", n.tick)
}

const (
	lateness    = time.Minute // of a tick that is not missed
	jobsAtOnce  = 100         // that one transaction enqueues
	ticksAtOnce = 10_000      // that it looks at
)

// resume lets the schedules of a shard that this node has taken go on.
func (n *Runner) resume(tx *partitions.Tx) error {
	for _, s := range n.schedules {
		shard, err := n.group.Shard(s.name)
		if err != nil {
			return err
		}
		if shard != tx.Shard() {
			continue
		}
		now := ticked{Expression: s.expression, Zone: s.zone.String(), Kind: s.kind}
		was, found := n.ticks.Get(tx, s.name)
		now.Last = was.Last
		if !found || was.Expression != now.Expression || was.Zone != now.Zone {
			now.Last = tx.Now()
		}
		if was != now {
			n.ticks.Put(tx, s.name, now)
		}
		n.clock.At(tx, s.ticks.Next(now.Last), s.name)
	}
	return tx.Err()
}

// tick sees to the ticks of a schedule whose time has come. One that this node does not know is left to the next owner that does.
func (n *Runner) tick(tx *partitions.Tx, name string) error {
	s, state := n.schedules[name], ticked{}
	if s != nil {
		state, _ = n.ticks.Get(tx, name)
	}
	if s == nil || state.Expression != s.expression || state.Zone != s.zone.String() {
		n.logger().WarnContext(tx.Context(), "jobs: a schedule is not this node's, and waits for one that has it", "queue", n.queue, "schedule", name)
		return nil
	}
	due, next := s.due(state.Last, tx.Now())
	for _, at := range due {
		opts := append(slices.Clip(s.options), ID(name+"@"+at.UTC().Format(time.RFC3339)))
		if err := Enqueue(tx.Context(), tx, s.job(at, opts...)).Err(); err != nil {
			return err
		}
		ticks.Add(tx, 1, scheduleKey.String(name))
	}
	state.Last = next.before
	n.ticks.Put(tx, name, state)
	if !next.at.IsZero() {
		n.clock.At(tx, next.at, name)
	}
	return tx.Err()
}

// following is the tick that comes next, and the last one before it.
type following struct{ before, at time.Time }

// due are the ticks after the last one that are to have their jobs now. Where there are many, the next one has come as well.
func (s *schedule) due(last, now time.Time) (due []time.Time, next following) {
	next = following{last, s.ticks.Next(last)}
	for range ticksAtOnce {
		at := next.at
		if at.IsZero() || at.After(now) || len(due) == jobsAtOnce {
			break
		}
		next = following{at, s.ticks.Next(at)}
		switch missed := now.Sub(at) > lateness; {
		case !missed || s.missed == AllMissed:
			due = append(due, at)
		case s.missed == LastMissed && (now.Sub(next.at) <= lateness):
			due = append(due, at)
		}
	}
	return due, next
}
