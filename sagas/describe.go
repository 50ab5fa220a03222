package sagas

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Description is what there is to know of a saga, without what it works on.
type Description struct {
	ID      string         `json:"id"`
	Tenant  request.Tenant `json:"tenant,omitempty"`
	Status  Status         `json:"status"`
	Started time.Time      `json:"started"`
	Changed time.Time      `json:"changed"`
	// Cancelled says that the saga was cancelled.
	Cancelled bool `json:"cancelled,omitempty"`
	// Reason is why it has failed, was cancelled, or is parked.
	Reason string `json:"reason,omitempty"`
	// Done are the steps and undos that have ended, in that order.
	Done []Done `json:"done,omitempty"`
	// Waits are what it waits for.
	Waits []Wait `json:"waits,omitempty"`
}

// Wait is what a saga waits for.
type Wait struct {
	// At is the position in the flow.
	At string `json:"at"`
	// Kind is "sleep", "await", "step" or "undo": the latter wait for their next attempt.
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"`
	// Due is when it ends, or the next attempt is made. It is zero for a signal without a time-out, and
	// for a step of a parked saga that may have happened.
	Due time.Time `json:"due,omitzero"`
	// Attempts is how often it was tried.
	Attempts int `json:"attempts,omitempty"`
}

// Describe says what there is to know of the saga now, or [ErrNotFound].
func (h Handle[In, Out]) Describe(ctx context.Context) (Description, error) {
	return inquire(ctx, h, h.flow.look, asked{ID: h.id})
}

// History is all of the saga, as its journal is now, or [ErrNotFound]. It must not be larger than a record. Of a saga that has
// ended results of steps, ends of long texts and a large input are left out where all is together larger than 500,000 bytes: that is
// said by [History.Cut].
func (h Handle[In, Out]) History(ctx context.Context) (History, error) {
	return inquire(ctx, h, h.flow.past, asked{ID: h.id})
}

func inquire[In, Out, Answer any](ctx context.Context, h Handle[In, Out], command *partitions.Command[asked, Answer], in asked) (Answer, error) {
	if err := h.usable(); err != nil {
		var none Answer
		return none, err
	}
	answer, err := partitions.Ask(ctx, h.group, command, in)
	if refused, is := errors.AsType[*partitions.AskError](err); is && refused.Code == codeNotFound {
		err = resilience.Permanent(ErrNotFound)
	}
	if err != nil {
		return answer, fmt.Errorf("sagas: %s %q: %w", h.flow.name, h.id, err)
	}
	return answer, nil
}

const codeNotFound = "not found"

func (n *runner) describe(tx *partitions.Tx, in asked) (Description, error) {
	key, past, err := n.find(tx, in)
	return described(key, past.Head, past.Entries), err
}

func (n *runner) historyOf(tx *partitions.Tx, in asked) (History, error) {
	key, past, err := n.find(tx, in)
	return n.history(key, past), err
}

// find reads a saga, whether it lives or has ended.
func (n *runner) find(tx *partitions.Tx, in asked) (key string, past ended, err error) {
	key = rowKey(request.From(tx.Context()).Tenant, in.ID)
	past, gone := n.ended.Get(tx, key)
	if gone {
		return key, past, nil
	}
	h, found := n.rows.Get(tx, key)
	if !found {
		return key, past, &partitions.AskError{Code: codeNotFound, Message: "there is no such saga"}
	}
	l := n.load(tx, key, h)
	return key, ended{Head: h, Input: l.input, Entries: l.entries}, nil
}

func described(key string, h head, entries []Entry) Description {
	tenant, id := parseKey(key)
	d := Description{ID: id, Tenant: tenant, Status: h.Status, Started: h.Started, Changed: h.Changed, Cancelled: h.Cancel, Reason: h.Reason}
	if h.Status == Parked {
		d.Reason = h.Parked
	}
	for _, e := range inOrder(entries) {
		if e.Kind == KindStep || e.Kind == KindUndo {
			d.Done = append(d.Done, doneOf(e))
		}
	}
	slices.SortStableFunc(d.Done, func(a, b Done) int { return a.When.Compare(b.When) })
	for _, w := range h.Waits {
		d.Waits = append(d.Waits, Wait{At: w.At, Kind: string(w.Kind), Name: plain(w.Name), Due: w.Due, Attempts: w.Attempt})
	}
	return d
}
