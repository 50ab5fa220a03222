package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// order is what is asked of a job, or of a shard.
type order struct {
	What string          `json:"what"`
	ID   string          `json:"id"`
	Args json.RawMessage `json:"args,omitempty"`
}

// What may be asked. Of a shard, the id is any that is on it.
const (
	orderDescribe = "describe"
	orderCancel   = "cancel"
	orderRedrive  = "redrive"
	orderDiscard  = "discard"
	orderEdit     = "edit"
	orderPause    = "pause"
	orderResume   = "resume"
)

func (o order) route() string { return route(o.ID) }

const (
	codeNotFound = "not-found"
	codeState    = "state"
	codeArgs     = "args"
)

// answer does what is asked of a job.
func (n *Runner) answer(tx *partitions.Tx, o order) (Description, error) {
	key := rowKey(request.From(tx.Context()).Tenant, o.ID)
	switch o.What {
	case orderPause, orderResume:
		return Description{}, n.pause(tx, o.What == orderPause)
	case orderDescribe:
		r, err := n.find(tx, key)
		if err != nil {
			return Description{}, err
		}
		return n.describe(tx, r), nil
	case orderCancel:
		return n.cancel(tx, key, n.ask.Later)
	case orderRedrive, orderDiscard:
		return n.revive(tx, key, o.What == orderRedrive)
	case orderEdit:
		return n.edit(tx, key, o.Args)
	}
	return Description{}, &partitions.AskError{Code: partitions.CodeUnknown, Message: "jobs know nothing of " + o.What}
}

// find reads a job, wherever it is.
func (n *Runner) find(tx *partitions.Tx, key string) (*row, error) {
	if r, err := n.known(tx, key); r != nil || err != nil {
		return r, err
	}
	return nil, &partitions.AskError{Code: codeNotFound, Message: "there is no such job, or it is not kept any more"}
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
func (n *Runner) each(ctx context.Context, what string, ids []string) Answers {
	orders := make([]order, len(ids))
	for i, id := range ids {
		orders[i] = order{What: what, ID: id}
	}
	return n.asked(ctx, orders)
}

// askedAtOnce bounds the questions that one call has under way.
const askedAtOnce = 64

func (n *Runner) asked(ctx context.Context, orders []order) Answers {
	answers, slots := make(Answers, len(orders)), make(chan struct{}, askedAtOnce)
	for i, o := range orders {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			job, err := partitions.Ask(ctx, n.group, n.ask, o)
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

func unfit(r *row, asked string) error {
	return &partitions.AskError{Code: codeState, Message: "it is " + string(r.state) + ", and cannot be " + asked}
}

// Describe says how jobs of the context's tenant are now. Like all that is asked, it needs the runner in [Runner.Run], which may be a
// [Client].
func (n *Runner) Describe(ctx context.Context, ids ...string) Answers {
	return n.each(ctx, orderDescribe, ids)
}

// Cancel cancels jobs of the context's tenant, and returns once nothing of them runs any more: of one that waits at once, of one that
// runs when its handler has returned, or was given up a second after its context had ended. Nothing that it returns counts. One that
// has ended is left as it is, which the answer says; a dead one stays dead.
func (n *Runner) Cancel(ctx context.Context, ids ...string) Answers {
	return n.each(ctx, orderCancel, ids)
}

// Redrive lets jobs that are dead or cancelled begin again, with no attempt counted.
func (n *Runner) Redrive(ctx context.Context, ids ...string) Answers {
	return n.each(ctx, orderRedrive, ids)
}

// Discard forgets jobs that have ended.
func (n *Runner) Discard(ctx context.Context, ids ...string) Answers {
	return n.each(ctx, orderDiscard, ids)
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
func (n *Runner) Edit(ctx context.Context, edits ...Edit) Answers {
	orders := make([]order, len(edits))
	for i, e := range edits {
		if orders[i] = e.order; e.err != nil {
			return Answers{{ID: e.order.ID, Err: resilience.Permanent(e.err)}}
		}
	}
	return n.asked(ctx, orders)
}
