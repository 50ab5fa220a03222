package sagas

import (
	"context"

	"github.com/millrace/millrace/partitions"
)

// goOn makes the attempts and meets the outcomes once the transaction is committed. Where more has come than the flow knows, it may
// be that a branch has won: steps of those that it races with wait until that is known.
func (c *committing) goOn(steps []*op, waits []string) {
	r, next := c.run, following{got: c.got, warnings: c.run.warnings()}
	if len(c.got) > 0 || !c.covers(waits) {
		steps, next.held = racing(steps)
	}
	if len(steps) == 1 {
		next.attempt, steps = steps[0], nil
	}
	r.runner.committed(c.Tx, func(d *desk) {
		d.beside.Go(func(ctx context.Context) func(*partitions.Tx) error { return r.after(ctx, next) }, r.fallen()...)
		for _, o := range steps {
			d.beside.Go(func(ctx context.Context) func(*partitions.Tx) error { return r.perform(ctx, o, next.warnings) }, r.fallen()...)
		}
	})
}

// racing parts steps of branches of which one may win from others.
func racing(steps []*op) (free, races []*op) {
	for _, o := range steps {
		if o.kind == KindStep && o.saga.races() {
			races = append(races, o)
		} else {
			free = append(free, o)
		}
	}
	return free, races
}

// following is what follows a turn.
type following struct {
	got      []outcome
	held     []*op
	attempt  *op
	warnings int // when the row was looked at
}

// after goes on when a turn is committed.
func (r *run) after(ctx context.Context, next following) func(*partitions.Tx) error {
	if r.dead() {
		return nil
	}
	r.mu.Lock()
	r.queue, r.held, r.unwritten = append(r.queue, next.got...), next.held, nil
	more := len(r.queue) > 0
	r.busy = more
	r.mu.Unlock()
	switch {
	case more && next.attempt != nil:
		return r.turn(ctx, next.attempt)
	case more:
		return r.turn(ctx)
	case next.attempt != nil:
		return r.perform(ctx, next.attempt, next.warnings)
	}
	return nil
}
