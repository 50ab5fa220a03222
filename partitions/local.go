package partitions

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// Do calls f in a transaction of the key's shard on this node, and returns when it is committed. What f writes and
// emits is exactly once, but the call itself is not durable: an error of class indefinite says that it may have been
// committed. A message that brokers refuse for good, as for a topic that is not there, is a [bus.PublishError], and
// nothing was done. A shard that this node does not own, or is not done restoring, is [ErrNotOwner].
func (g *Group) Do(ctx context.Context, key string, f func(*Tx) error) error {
	e, err := g.running()
	if err != nil {
		return err
	}
	s, err := e.live(key)
	if err != nil {
		return err
	}
	return e.do(ctx, s, f)
}

// do calls f in a transaction of a live shard.
func (e *engine) do(ctx context.Context, s *shard, f func(*Tx) error) error {
	ended := make(chan error, 1)
	s.lane.post(command{shard: s, tells: true, do: f, done: func(err error) { ended <- err }})
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return resilience.Indefinite(fmt.Errorf("partitions: the call goes on: %w", context.Cause(ctx)))
	case <-e.life.Done():
		return resilience.Indefinite(fmt.Errorf("partitions: %w", errStopped))
	}
}

// Go calls work beside the shard once the transaction is committed, and then the function that work returns, if any, in
// a transaction of the same shard. It is for what takes time or talks to others. Work's context ends when the shard
// leaves this node. Nothing of it is durable until the second function's transaction is committed: what must not be
// lost is a row, and is begun again by [Opened]. At most [Workers] run at once; others wait.
//
// When the second function fails, work panics, or brokers refuse for good what it emits, that is logged, and otherwise, if
// given, is called with the error in another transaction: what has come of the work can be noted there.
func (tx *Tx) Go(work func(context.Context) func(*Tx) error, otherwise ...func(*Tx, error) error) {
	tx.Committed(func(b Beside) {
		b.Go(func(ctx context.Context) func(*Tx) error {
			select {
			case b.engine.workers <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			defer func() { <-b.engine.workers }()
			return work(ctx)
		}, otherwise...)
	})
}
