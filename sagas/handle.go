package sagas

import (
	"context"
	"encoding/json"
	"fmt"
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

// usable says what is wrong with the handle.
func (h Handle[In, Out]) usable() error {
	if h.group == nil {
		return resilience.Permanent(fmt.Errorf("%w: %s: the group of a handle is nil", ErrDefinition, h.flow.name))
	}
	return h.flow.named(h.id)
}

type asked struct {
	ID   string `json:"id"`
	View string `json:"view,omitempty"`
}

// settled is how a saga has ended.
type settled struct {
	Status Status          `json:"status"`
	Reason string          `json:"reason,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

func settledBy(past ended) settled {
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
	if err := h.usable(); err != nil {
		return none, err
	}
	for {
		patience, cancel := context.WithTimeout(ctx, askAgain)
		is, err := partitions.Ask(patience, h.group, h.flow.ask, asked{ID: h.id})
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
