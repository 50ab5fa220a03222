package machines

import (
	"context"
	"fmt"
	"reflect"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Send sends events to one instance, in their order: through a bus, an outbox transaction, or a transaction of another
// shard. What the instance makes of them is told in [Machine.Transitions] and [Machine.Refusals]; [Machine.Ask] waits for
// it. Events to many instances are messages of [Machine.New], published in one call.
func (m *Machine[S, E, D]) Send(ctx context.Context, to bus.Publisher, id string, payloads ...Payload[E]) bus.Results {
	messages := make([]bus.Message, len(payloads))
	for i, payload := range payloads {
		messages[i] = m.New(id, payload)
	}
	return to.Publish(ctx, messages...)
}

// New makes an event for an instance. Its tenant is that of the context in which it is published. An instance's id is
// text of 1 to 500 bytes; events of one instance keep their order. An event that comes again under the same
// id of its own, as after a failure of who publishes it, is passed over, unless 15 others came between or there was no
// instance to remember it: one that does not exist remembers no refusals.
func (m *Machine[S, E, D]) New(id string, payload Payload[E], opts ...bus.MessageOption) bus.Message {
	way, err := m.way(id, payload)
	if err != nil {
		return bus.Invalid(resilience.Permanent(err))
	}
	return way.message(id, payload, opts)
}

const maxID = 500

// named says what is wrong with an instance's id.
func (m *Machine[S, E, D]) named(id string) error {
	if id == "" || len(id) > maxID {
		return fmt.Errorf("machines: %s: an instance's id must be text of 1 to %d bytes", m.spec.Name, maxID)
	}
	return nil
}

// way is how a payload is sent.
func (m *Machine[S, E, D]) way(id string, payload Payload[E]) (sending[E], error) {
	if m.err != nil {
		return sending[E]{}, m.err
	}
	if err := m.named(id); err != nil {
		return sending[E]{}, err
	}
	if payload == nil {
		return sending[E]{}, fmt.Errorf("machines: %s: the event for %q is nil", m.spec.Name, id)
	}
	event, known := m.events[payload.Event()]
	if !known || event.payload != reflect.TypeOf(payload) {
		return sending[E]{}, fmt.Errorf("machines: %s has no event %q with the payload %T", m.spec.Name, payload.Event(), payload)
	}
	return m.ways[event.name], nil
}
