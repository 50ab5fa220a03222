package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Control is what is asked of the jobs of a queue, and of the queue. A [Runner] is one while it is in [Runner.Run], which may be that of a
// [Client]; who is no node of the queue has one by [Outside]. What it asks waits while a shard has no owner, until its context ends, and may be done
// also where that has ended: the error is then of class indefinite. It is safe for concurrent use.
type Control struct {
	bus   *bus.Bus
	queue string
	of    partitions.Asked
	ask   *partitions.Command[order, Description]
}

// Outside is the control of a queue that this process is no node of, for an operator's tool or a server: nothing moves for it. It needs
// the rights of [partitions.Outside].
func Outside(b *bus.Bus, queue string) *Control {
	return &Control{bus: b, queue: queue, of: partitions.Outside(b, groupOf(queue)), ask: newAsk()}
}

func newAsk() *partitions.Command[order, Description] {
	return partitions.NewCommand[order, Description]("job", order.route)
}

// Answers are what was said of jobs, in the order in which they were asked for.
type Answers []Answer

// Answer is what was said of one job: how it is now, or why what was asked for was not done.
type Answer struct {
	ID  string
	Job Description
	Err error
}

// Err joins the errors of all answers; nil means that all was done.
func (a Answers) Err() error {
	var errs []error
	for _, one := range a {
		if one.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", one.ID, one.Err))
		}
	}
	return errors.Join(errs...)
}

// each asks the same of several jobs.
func (c *Control) each(ctx context.Context, what string, ids []string) Answers {
	orders := make([]order, len(ids))
	for i, id := range ids {
		orders[i] = order{What: what, ID: id}
	}
	return c.asked(ctx, orders)
}

// askedAtOnce bounds the questions that one call has under way.
const askedAtOnce = 64

func (c *Control) asked(ctx context.Context, orders []order) Answers {
	answers, slots := make(Answers, len(orders)), make(chan struct{}, askedAtOnce)
	for i, o := range orders {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			job, err := partitions.Ask(ctx, c.of, c.ask, o)
			answers[i] = Answer{ID: o.ID, Job: job, Err: refused(err)}
		}()
	}
	for range askedAtOnce {
		slots <- struct{}{}
	}
	return answers
}

// refused is the error of a question, as this package has it.
func refused(err error) error {
	is, ok := errors.AsType[*partitions.AskError](err)
	switch {
	case !ok:
		return err
	case is.Code == codeNotFound:
		return resilience.Permanent(fmt.Errorf("%w: %s", ErrNotFound, is.Message))
	case is.Code == codeState:
		return resilience.Permanent(fmt.Errorf("%w: %s", ErrState, is.Message))
	case is.Code == codeArgs:
		return resilience.Permanent(fmt.Errorf("%w: %s", ErrJob, is.Message))
	}
	return err
}

// Describe says how jobs of the context's tenant are now.
func (c *Control) Describe(ctx context.Context, ids ...string) Answers {
	return c.each(ctx, orderDescribe, ids)
}

// Cancel cancels jobs of the context's tenant, and returns once nothing of them runs any more: of one that waits at once, of one that
// runs when its handler has returned, or was given up a second after its context had ended. Nothing that it returns counts. One that
// has ended is left as it is, which the answer says; a dead one stays dead.
func (c *Control) Cancel(ctx context.Context, ids ...string) Answers {
	return c.each(ctx, orderCancel, ids)
}

// Redrive lets jobs that are dead or cancelled begin again, with no attempt counted.
func (c *Control) Redrive(ctx context.Context, ids ...string) Answers {
	return c.each(ctx, orderRedrive, ids)
}

// Discard forgets jobs that have ended.
func (c *Control) Discard(ctx context.Context, ids ...string) Answers {
	return c.each(ctx, orderDiscard, ids)
}

// Edit is another input for a job: see [Kind.Edit].
type Edit struct {
	order order
	err   error
}

// Edit makes another input for a job of the kind that waits or is dead. What the job waits for stays as it is.
func (k *Kind[In, Out]) Edit(id string, in In) Edit {
	if k.err != nil {
		return Edit{err: k.err}
	}
	args, err := k.in.Encode(in)
	return Edit{order: order{What: orderEdit, ID: id, Args: args}, err: err}
}

// Edit gives jobs of the context's tenant other inputs. A job that runs has begun with what it was given, which is [ErrState].
func (c *Control) Edit(ctx context.Context, edits ...Edit) Answers {
	orders := make([]order, len(edits))
	for i, e := range edits {
		if orders[i] = e.order; e.err != nil {
			return Answers{{ID: e.order.ID, Err: resilience.Permanent(e.err)}}
		}
	}
	return c.asked(ctx, orders)
}

// Pause lets no job of the queue begin any more, on any node, until [Control.Resume]. It returns when that is so. What runs goes on to its end, and
// jobs that come wait. The queue stays paused also when all nodes are started anew.
func (c *Control) Pause(ctx context.Context) error { return c.everywhere(ctx, orderPause) }

// Resume lets a queue go on that was paused.
func (c *Control) Resume(ctx context.Context) error { return c.everywhere(ctx, orderResume) }

// everywhere asks the same of all shards.
func (c *Control) everywhere(ctx context.Context, what string) error {
	description, err := partitions.Describe(ctx, c.bus, groupOf(c.queue))
	if err != nil {
		return fmt.Errorf("jobs: %s %s: %w", what, c.queue, err)
	}
	missing := make(map[int32]bool, len(description.Shards))
	for _, s := range description.Shards {
		missing[s.Shard] = true
	}
	var ids []string
	for i := 0; len(missing) > 0; i++ { // a hash: it comes to all of them soon
		id := fmt.Sprint(what, "-", i)
		if shard := description.ShardOf(id); missing[shard] {
			delete(missing, shard)
			ids = append(ids, id)
		}
	}
	if err := c.each(ctx, what, ids).Err(); err != nil {
		return fmt.Errorf("jobs: %s %s: %w", what, c.queue, err)
	}
	return nil
}
