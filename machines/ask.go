package machines

import (
	"cmp"
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
	Expect  *expectation    `json:"expect,omitempty"`
}

// answer is the instance after the event, or why it was refused.
type answer[S ~string, D any] struct {
	Instance Instance[S, D]   `json:"instance"`
	Refused  *NotAllowedError `json:"refused,omitempty"`
	Changed  *ChangedError    `json:"changed,omitempty"`
}

// Ask sends an event to an instance and waits until its transaction is committed: the instance is as the event has left
// it. An event that is not allowed is a [*NotAllowedError]. The node must run the group, and may be a client of it. It is
// an error of class indefinite when ctx ends first: the event is on its way. Between Ask and Send there is no order. Asking again is another event:
// let guards and states see to it that it does no harm, or [Expect].
func (m *Machine[S, E, D]) Ask(
	ctx context.Context, g *partitions.Group, id string, payload Payload[E], opts ...AskOption,
) (Instance[S, D], error) {
	var none Instance[S, D]
	if _, err := m.way(id, payload); err != nil {
		return none, resilience.Permanent(err)
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return none, resilience.Permanent(fmt.Errorf("machines: %s: the event %q cannot be encoded: %w", m.spec.Name, payload.Event(), err))
	}
	question, command := asked{ID: id, Event: string(payload.Event()), Payload: raw}, m.ask
	for _, opt := range opts {
		if opt == nil {
			return none, resilience.Permanent(fmt.Errorf("machines: %s: an option is nil", m.spec.Name))
		}
		opt.applyAsk(&question)
	}
	if question.Expect != nil {
		command = m.expect
	}
	out, err := partitions.Ask(ctx, g, command, question)
	switch {
	case err != nil:
		return none, fmt.Errorf("machines: %s: %w", m.spec.Name, err)
	case out.Refused != nil:
		return out.Instance, resilience.Permanent(out.Refused)
	case out.Changed != nil:
		return out.Instance, resilience.Permanent(out.Changed)
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
	if changed, err := m.changed(tx, in); err != nil || changed != nil {
		return *cmp.Or(changed, &answer[S, D]{}), err
	}
	is, err := m.apply(tx, request.From(tx.Context()).Tenant, in.ID, payload)
	refused, _ := errors.AsType[*NotAllowedError](err)
	return answer[S, D]{Instance: is, Refused: refused}, notFailed(err)
}
