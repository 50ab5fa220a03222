package partitions

import (
	"context"
	"errors"
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
	e, s := tx.batch.engine, tx.shard
	tx.batch.after = append(tx.batch.after, func() {
		s.start(func() {
			select {
			case e.workers <- struct{}{}:
			case <-s.ctx.Done():
				return
			}
			then := e.perform(s, work)
			<-e.workers
			if then != nil {
				e.conclude(s, then, otherwise)
			}
		})
	})
}

// conclude calls then in a transaction of the shard, and the next of those that are left where that fails.
func (e *engine) conclude(s *shard, then func(*Tx) error, left []func(*Tx, error) error) {
	s.lane.post(command{shard: s, do: then, done: func(err error) {
		if err == nil || s.gone() || err == ErrNotOwner { //nolint:errorlint // the lane's own, and not what work has met elsewhere
			return
		}
		if errors.Is(err, errUncertain) { // it may be committed; the shard is taken anew
			e.logger.Warn("partitions: it is unknown whether the result of outside work was taken",
				"group", e.config.name, "shard", s.id, "error", err)
			return
		}
		e.logger.Error("partitions: the result of outside work was not taken", "group", e.config.name, "shard", s.id, "error", err)
		if len(left) > 0 {
			e.conclude(s, func(tx *Tx) error { return left[0](tx, err) }, left[1:])
		}
	}})
}

// perform calls work and turns a panic into a failing result.
func (e *engine) perform(s *shard, work func(context.Context) func(*Tx) error) (then func(*Tx) error) {
	defer func() {
		if v := recover(); v != nil {
			then = func(*Tx) error { return fmt.Errorf("outside work panicked: %v", v) }
		}
	}()
	return work(s.ctx)
}
