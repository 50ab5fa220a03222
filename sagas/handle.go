package sagas

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
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
	From string `json:"from,omitempty"` // of who waits: see answers
}

// settled is how a saga has ended.
type settled struct {
	Status Status          `json:"status"`
	Reason string          `json:"reason,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
}

// results is the codec of those who read of what has ended how it did, and no more.
type results struct{ bus.Codec[ended] }

func (results) Decode(data []byte) (past ended, err error) {
	var only struct {
		Head struct {
			Status Status `json:"status"`
			Reason string `json:"reason"`
		} `json:"head"`
		Result jsontext.Value `json:"result"`
	}
	if jsonv2.Unmarshal(data, &only, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil { // as in what others have given
		return past, errors.New("decode json: the row of a saga that has ended cannot be read")
	}
	return ended{Head: head{Status: only.Head.Status, Reason: only.Head.Reason}, Result: json.RawMessage(only.Result)}, nil
}

func settledBy(past ended) settled {
	return settled{Status: past.Head.Status, Reason: past.Head.Reason, Result: past.Result}
}

// Result waits for the saga's end, also for that of one that is started later, and returns what the flow has returned. One that
// has not completed is a [*FailedError]. When ctx ends first, the saga goes on, and so does everybody else's wait. Who waits on
// the node that owns the saga's shard looks at what that has in memory. Elsewhere a process asks once, however many wait in it for one saga; at most
// 1000 processes may.
func (h Handle[In, Out]) Result(ctx context.Context) (Out, error) {
	var none Out
	if err := h.usable(); err != nil {
		return none, err
	}
	is, err := h.settled(ctx)
	if err != nil {
		return none, fmt.Errorf("sagas: %s: %w", h.flow.name, err)
	}
	if is.Status != Completed {
		return none, &FailedError{Flow: h.flow.name, ID: h.id, Status: is.Status, Reason: is.Reason}
	}
	out, err := h.flow.out.Decode(is.Result)
	if err != nil {
		return none, resilience.Permanent(fmt.Errorf("sagas: %s: the result cannot be read: %w", h.flow.name, err))
	}
	return out, nil
}
