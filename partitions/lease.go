package partitions

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/request"
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

// Shard is the number of the shard.
func (l *Lease) Shard() int32 { return l.shard.id }

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
