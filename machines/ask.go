package machines

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// asked is an event that somebody waits for.
type asked struct {
	ID      string          `json:"id"`
	Event   string          `json:"event"`
	Payload json.RawMessage `json:"payload"`
}

// answer is the instance after the event, or why it was refused.
type answer[S ~string, D any] struct {
	Instance Instance[S, D]   `json:"instance"`
	Refused  *NotAllowedError `json:"refused,omitempty"`
}

// Ask sends an event to an instance and waits until its transaction is committed: the instance is as the event has left
// it. An event that is not allowed is a [*NotAllowedError]. The node must run the group, and may be a client of it. It is
// an error of class indefinite when ctx ends first: the event is on its way. Between Ask and Send there is no order. Asking again is another event:
// let guards and states see to it that it does no harm.
func (m *Machine[S, E, D]) Ask(ctx context.Context, g *partitions.Group, id string, payload Payload[E]) (Instance[S, D], error) {
	var none Instance[S, D]
	if _, err := m.way(id, payload); err != nil {
		return none, resilience.Permanent(err)
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return none, resilience.Permanent(fmt.Errorf("machines: %s: the event %q cannot be encoded: %w", m.spec.Name, payload.Event(), err))
	}
	out, err := partitions.Ask(ctx, g, m.ask, asked{ID: id, Event: string(payload.Event()), Payload: raw})
	if err != nil {
		return none, fmt.Errorf("machines: %s: %w", m.spec.Name, err)
	}
	if out.Refused != nil {
		return out.Instance, resilience.Permanent(out.Refused)
	}
	return out.Instance, nil
}

// answer lets an event happen that somebody asked for.
func (m *Machine[S, E, D]) answer(tx *partitions.Tx, in asked) (answer[S, D], error) {
	way, known := m.ways[E(in.Event)]
	if !known {
		return answer[S, D]{}, &partitions.AskError{Code: partitions.CodeUnknown, Message: "the machine has no event " + in.Event}
	}
	payload, err := way.decode(in.Payload)
	if err != nil {
		return answer[S, D]{}, &partitions.AskError{Code: partitions.CodeUndecodable, Message: "the event cannot be decoded"}
	}
	is, err := m.apply(tx, request.From(tx.Context()).Tenant, in.ID, payload)
	refused, _ := errors.AsType[*NotAllowedError](err)
	return answer[S, D]{Instance: is, Refused: refused}, notFailed(err)
}
