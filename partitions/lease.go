package partitions

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Lease is a while in which this node owns a shard and no other node can.
type Lease struct {
	shard  *shard
	token  int64
	ctx    context.Context //nolint:containedctx // the lease's life
	cancel context.CancelCauseFunc
}

// Token is the shard's fencing token. It grows with each lease of another owner: let what is written elsewhere carry it,
// and be refused where a larger one was seen.
func (l *Lease) Token() int64 { return l.token }

// Bus is the one that the group is on.
func (l *Lease) Bus() *bus.Bus { return l.shard.lane.engine.bus }

// Shard is the number of the shard.
func (l *Lease) Shard() int32 { return l.shard.id }

// Do calls f in a transaction of the lease's shard, and returns when it is committed: what f writes and emits is there
// exactly once, and f may be called again when a transaction has to be made again. A message that brokers refuse for good,
// as for a topic that is not there, is a [bus.PublishError], and nothing was done. A lease that has ended is
// [ErrNotOwner], and nothing was done then. A transaction that has begun when ctx or the lease ends is waited for, 2 seconds
// at most. An error of class indefinite says that it may have been committed; a later lease, here or elsewhere, sees by its
// tables what became of it.
func (l *Lease) Do(ctx context.Context, f func(*Tx) error) error {
	const begun, givenUp = 1, 2
	var state atomic.Int32
	ended := make(chan error, 1)
	l.shard.lane.post(command{shard: l.shard, tells: true, done: func(err error) { ended <- err }, do: func(tx *Tx) error {
		if l.ctx.Err() != nil || !state.CompareAndSwap(0, begun) && state.Load() == givenUp {
			return ErrNotOwner
		}
		return f(tx)
	}})
	var err error
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
		err = fmt.Errorf("partitions: the lease's transaction: %w", context.Cause(ctx))
	case <-l.ctx.Done():
		err = fmt.Errorf("%w: the lease has ended", ErrNotOwner)
	}
	if state.CompareAndSwap(0, givenUp) {
		return err
	}
	timer := time.NewTimer(lastWait)
	defer timer.Stop()
	select {
	case err = <-ended:
		return err
	case <-timer.C:
		return resilience.Indefinite(err)
	}
}

// lastWait is how long a transaction that has begun is waited for when its caller or its lease ends: where shards move as
// planned it is committed by then.
const lastWait = 2 * time.Second

// grant makes a lease of a live shard: the coordinator was heard, and accepts a transaction of the shard after that.
func (e *engine) grant(s *shard) (*Lease, error) {
	if !e.trust.stands() {
		return nil, fmt.Errorf("%w: the coordinator has not been heard", ErrNotOwner)
	}
	l := &Lease{shard: s}
	err := e.do(s.ctx, s, func(*Tx) error { return nil })
	if err != nil {
		return nil, err
	}
	l.token = s.token.Load()
	info := request.From(s.ctx)
	info.Shard = request.Shard{Group: e.config.name, ID: s.id, Node: e.config.node, Leader: true}
	l.ctx, l.cancel = context.WithCancelCause(request.With(s.ctx, info))
	if s.gone() || Phase(s.phase.Load()) != PhaseLive || !e.trust.admit(l) {
		l.cancel(ErrNotOwner)
		return nil, ErrNotOwner
	}
	return l, nil
}

func (e *engine) release(l *Lease) {
	e.trust.release(l)
	l.cancel(nil)
}
