package sagas

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// fallen is what follows where a turn could not be written: the saga is parked, or the turn is written later where nobody can be told of
// it, and that is tried for as long as it takes.
func (r *run) fallen() []func(*partitions.Tx, error) error {
	return []func(*partitions.Tx, error) error{r.fall, r.putOff}
}

// fall parks the saga, as where a row would be too large: what is in memory of it is given up. Once the shard was claimed anew, all
// its sagas go on from their rows.
func (r *run) fall(tx *partitions.Tx, why error) error {
	n := r.runner
	if n.isUntold(why) {
		return r.putOff(tx, why)
	}
	h, found := n.rows.Get(tx, r.key)
	is, active := n.active.Get(tx, r.key)
	if err := tx.Err(); err != nil || !found || !active || is != r.activation || tx.Token() != r.token {
		return err
	}
	h.Was, h.Status, h.Parked, h.Sure = h.Status, Parked, "what has come of it cannot be written: "+clip(why.Error()), false
	h.Changed = tx.Now()
	n.active.Delete(tx, r.key)
	err := n.tell(tx, r.key, &h, nil)
	n.rows.Put(tx, r.key, h)
	r.leave(tx)
	return err
}

// isUntold says whether the brokers refuse the topic in which sagas are told of.
func (n *runner) isUntold(why error) bool {
	refused, is := errors.AsType[*bus.PublishError](why)
	return is && refused.Topic == toldTopic(n.name) &&
		(errors.Is(why, bus.ErrNoTopic) || errors.Is(why, bus.ErrDenied) || errors.Is(why, bus.ErrTopicName))
}

const (
	// untoldPause is how long a turn waits that could not be written since nobody can be told of it.
	untoldPause = 15 * time.Second
	// untoldSaid is how often that is logged at most.
	untoldSaid = time.Minute
)

// putOff lets the turn be written later.
func (r *run) putOff(tx *partitions.Tx, why error) error {
	n, again := r.runner, func(tx *partitions.Tx) error { return r.fall(tx, why) }
	if p := r.unwritten; p != nil {
		again = func(tx *partitions.Tx) error { return r.commit(tx, p) }
	}
	untold.Add(tx, 1, attribute.String("millrace.saga.flow", n.name))
	n.committed(tx, func(d *desk) {
		n.mu.Lock()
		says := time.Since(n.said) >= untoldSaid
		if says {
			n.said = time.Now()
		}
		n.mu.Unlock()
		if says {
			n.logger().Error("sagas: turns cannot be written, and are tried again", "flow", n.name, "topic", string(toldTopic(n.name)), "error", why)
		}
		d.beside.Go(func(ctx context.Context) func(*partitions.Tx) error {
			timer := time.NewTimer(untoldPause)
			defer timer.Stop()
			select {
			case <-timer.C:
				return again
			case <-r.life.Done():
			case <-ctx.Done():
			}
			return nil
		}, r.fallen()...)
	})
	return nil
}

// doubts are the steps and undos that may have happened when the saga is parked: they were under way, or have panicked.
func (r *run) doubts(p *plan) (doubts []wait) {
	begun := make(map[*op]bool, len(p.steps))
	for _, o := range p.steps {
		begun[o] = o.tried.Unknown
	}
	for _, o := range r.all() {
		unknown, planned := begun[o]
		if o.performing && !planned || unknown || o.panicked {
			doubts = append(doubts, wait{At: o.at, Kind: o.kind, Name: o.name, Attempt: o.tried.Attempt, Unknown: true, Since: o.tried.Since})
		}
	}
	return doubts
}
