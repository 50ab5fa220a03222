package partitions

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Beside is a shard while this node owns it, for those who arrange for themselves what is done beside its transactions.
type Beside struct {
	engine *engine
	shard  *shard
}

// Committed calls f as soon as the transaction is committed, in the order of the calls and before anything more of the shard is
// handled. All shards of the lane wait for f: let it note what has come, and begin what takes time by [Beside.Go]. Where the call
// fails, or its transaction is aborted, otherwise is called in place of f, if given, before the call is made again. A transaction of
// which it is unknown whether it is committed counts as aborted: the shard is opened anew, under another token.
func (tx *Tx) Committed(f func(Beside), otherwise ...func()) {
	b := Beside{engine: tx.batch.engine, shard: tx.shard}
	a := afterwards{then: func() { f(b) }}
	if len(otherwise) > 0 {
		a.otherwise = otherwise[0]
	}
	tx.batch.after = append(tx.batch.after, a)
}

// Context ends when the shard leaves this node. It is the same as long as it stays.
func (b Beside) Context() context.Context { return b.shard.ctx }

// Now is the time by the node's wall clock: see [WallClock].
func (b Beside) Now() time.Time { return b.engine.config.clock() }

// Go is [Tx.Go] at once: [Workers] does not bound how many functions run, which is up to the caller.
func (b Beside) Go(work func(context.Context) func(*Tx) error, otherwise ...func(*Tx, error) error) {
	b.shard.start(func() {
		if then := b.perform(work); then != nil {
			b.Do(then, otherwise...)
		}
	})
}

// Lease calls f beside the shard while no other node can have it, as a [Singleton] runs: f's context ends before that is over, and f must
// return then. It is called again with the next lease, for as long as the shard stays.
func (b Beside) Lease(f func(context.Context)) {
	e, s := b.engine, b.shard
	s.start(func() {
		for waited := 1; !s.gone(); waited++ {
			lease, err := e.grant(s)
			if err != nil {
				wait(s.ctx, again(waited))
				continue
			}
			waited = 0
			f(lease.ctx)
			e.release(lease)
		}
	})
}

// Do calls f in a transaction of the shard, unless that has left this node, and does not wait for it. When f fails, or brokers
// refuse for good what it emits, that is logged, and otherwise is called, as by [Tx.Go].
func (b Beside) Do(f func(*Tx) error, otherwise ...func(*Tx, error) error) {
	e, s := b.engine, b.shard
	s.lane.post(command{shard: s, do: f, done: func(err error) {
		if err == nil || s.gone() || err == ErrNotOwner { //nolint:errorlint // the lane's own, and not what work has met elsewhere
			return
		}
		if errors.Is(err, errUncertain) { // it may be committed; the shard is taken anew
			e.logger.Warn("partitions: it is unknown whether the result of outside work was taken",
				"group", e.config.name, "shard", s.id, "error", err)
			return
		}
		e.logger.Error("partitions: the result of outside work was not taken", "group", e.config.name, "shard", s.id, "error", err)
		if len(otherwise) > 0 {
			b.Do(func(tx *Tx) error { return otherwise[0](tx, err) }, otherwise[1:]...)
		}
	}})
}

// perform calls work and turns a panic into a failing result.
func (b Beside) perform(work func(context.Context) func(*Tx) error) (then func(*Tx) error) {
	defer func() {
		if v := recover(); v != nil {
			then = func(*Tx) error { return fmt.Errorf("outside work panicked: %v", v) }
		}
	}()
	return work(b.shard.ctx)
}
