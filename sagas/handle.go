package sagas

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Handle asks one saga. The node must run the group, and may be a client of it. It belongs to the tenant of the context that
// its methods are given.
type Handle[In, Out any] struct {
	flow  *Flow[In, Out]
	group *partitions.Group
	id    string
}

// Handle makes a handle of a saga, whether it was started or not.
func (f *Flow[In, Out]) Handle(g *partitions.Group, id string) Handle[In, Out] {
	return Handle[In, Out]{flow: f, group: g, id: id}
}

type asked struct {
	ID string `json:"id"`
}

// settled is how a saga has ended.
type settled struct {
	Status Status          `json:"status"`
	Reason string          `json:"reason,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

func settledBy(past history) settled {
	return settled{Status: past.Head.Status, Reason: past.Head.Reason, Result: past.Result}
}

// question is somebody who waits for a saga's end.
type question struct {
	partitions.Question

	At time.Time `json:"at"`
}

const (
	askedFor   = 15 * time.Minute
	askAgain   = 10 * time.Minute
	maxAskings = 1000
)

// Result waits for the saga's end, also for that of one that is started later, and returns what the flow has returned. One that
// has not completed is a [*FailedError]. When ctx ends first, the saga goes on.
func (h Handle[In, Out]) Result(ctx context.Context) (Out, error) {
	var none Out
	if err := h.flow.named(h.id); err != nil {
		return none, err
	}
	for {
		patience, cancel := context.WithTimeout(ctx, askAgain)
		is, err := partitions.Ask(patience, h.group, h.flow.ask, asked{h.id})
		over := patience.Err() != nil && ctx.Err() == nil
		cancel()
		switch {
		case over && err != nil:
		case err != nil:
			return none, fmt.Errorf("sagas: %s: %w", h.flow.name, err)
		case is.Status != Completed:
			return none, &FailedError{Flow: h.flow.name, ID: h.id, Status: is.Status, Reason: is.Reason}
		default:
			out, err := h.flow.out.Decode(is.Result)
			if err != nil {
				return none, resilience.Permanent(fmt.Errorf("sagas: %s: the result cannot be read: %w", h.flow.name, err))
			}
			return out, nil
		}
	}
}

// answer tells how a saga has ended, or keeps the question until it does.
func (n *runner) answer(tx *partitions.Tx, in asked) (settled, error) {
	key := rowKey(request.From(tx.Context()).Tenant, in.ID)
	if past, ended := n.ended.Get(tx, key); ended {
		return settledBy(past), nil
	}
	waiting, _ := n.asking.Get(tx, key)
	var still []question
	for _, q := range waiting {
		if tx.Now().Sub(q.At) < askedFor {
			still = append(still, q)
		}
	}
	if len(still) == maxAskings {
		return settled{}, &partitions.AskError{Code: "crowded", Message: "too many wait for the saga"}
	}
	n.asking.Put(tx, key, append(still, question{n.ask.Later(tx), tx.Now()}))
	return settled{}, nil
}

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
	// Due is when it ends, or the next attempt is made. It is zero for a signal without a time-out.
	Due time.Time `json:"due,omitzero"`
	// Attempts is how often it was tried.
	Attempts int `json:"attempts,omitempty"`
}

// Describe says what there is to know of the saga now, or [ErrNotFound].
func (h Handle[In, Out]) Describe(ctx context.Context) (Description, error) {
	if err := h.flow.named(h.id); err != nil {
		return Description{}, err
	}
	d, err := partitions.Ask(ctx, h.group, h.flow.look, asked{h.id})
	if refused, is := errors.AsType[*partitions.AskError](err); is && refused.Code == codeNotFound {
		err = resilience.Permanent(ErrNotFound)
	}
	if err != nil {
		return d, fmt.Errorf("sagas: %s %q: %w", h.flow.name, h.id, err)
	}
	return d, nil
}

const codeNotFound = "not found"

func (n *runner) describe(tx *partitions.Tx, in asked) (Description, error) {
	key := rowKey(request.From(tx.Context()).Tenant, in.ID)
	if past, ended := n.ended.Get(tx, key); ended {
		return described(key, past.Head, past.Entries), nil
	}
	h, found := n.rows.Get(tx, key)
	if !found {
		return Description{}, &partitions.AskError{Code: codeNotFound, Message: "there is no such saga"}
	}
	return described(key, h, n.load(tx, key, h).entries), nil
}

func described(key string, h head, entries []entry) Description {
	tenant, id := parseKey(key)
	d := Description{ID: id, Tenant: tenant, Status: h.Status, Started: h.Started, Changed: h.Changed, Cancelled: h.Cancel, Reason: h.Reason}
	if h.Status == Parked {
		d.Reason = h.Parked
	}
	for _, e := range entries {
		if e.Kind == kindStep || e.Kind == kindUndo {
			d.Done = append(d.Done, doneOf(e))
		}
	}
	slices.SortStableFunc(d.Done, func(a, b Done) int { return a.When.Compare(b.When) })
	for _, w := range h.Waits {
		d.Waits = append(d.Waits, Wait{At: w.At, Kind: string(w.Kind), Name: w.Name, Due: w.Due, Attempts: w.Attempt})
	}
	return d
}
