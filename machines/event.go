package machines

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Payload is what an event carries. Its type names its event: Event is called on the zero value, and must not depend on it.
type Payload[E ~string] interface{ Event() E }

// Event is a kind of event of a machine. See [On].
type Event[E ~string] struct {
	name    E
	payload reflect.Type
	zero    Payload[E]
	define  func(machine string) sending[E]
}

// On is the event whose payload is P: any type with a method Event that names it. The payload is JSON.
func On[P Payload[E], E ~string]() Event[E] {
	var zero P
	if kind := reflect.TypeFor[P]().Kind(); kind == reflect.Pointer || kind == reflect.Interface {
		return Event[E]{payload: reflect.TypeFor[P]()}
	}
	return Event[E]{
		name: zero.Event(), payload: reflect.TypeFor[P](), zero: zero,
		define: func(machine string) sending[E] {
			contract := contractOf[P](machine, string(zero.Event()))
			return sending[E]{
				definition: contract,
				message: func(id string, payload Payload[E], opts []bus.MessageOption) bus.Message {
					return contract.New(bus.Addressed[P]{To: id, Value: payload.(P)}, opts...) //nolint:forcetypeassert // looked up by its type
				},
				handle: func(f func(*partitions.Tx, string, Payload[E]) error) partitions.Option {
					return partitions.On(contract, func(tx *partitions.Tx, a bus.Addressed[P]) error {
						return f(tx, string(tx.Record().Key), a.Value)
					})
				},
				decode: func(raw []byte) (Payload[E], error) { return bus.JSON[P]().Decode(raw) },
				schema: bus.JSON[P]().Schema,
			}
		},
	}
}

// sending is an event as its machine sends and takes it.
type sending[E ~string] struct {
	definition bus.Definition
	message    func(id string, payload Payload[E], opts []bus.MessageOption) bus.Message
	handle     func(func(tx *partitions.Tx, id string, payload Payload[E]) error) partitions.Option
	decode     func(raw []byte) (Payload[E], error)
	schema     func() (bus.Schema, error)
}

var eventPattern = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

func (e Event[E]) err() error {
	switch {
	case e.payload == nil:
		return errors.New("an event must be made by machines.On")
	case e.define == nil:
		return fmt.Errorf("the payload %s of an event must not be a pointer or an interface", e.payload)
	case e.name == "transitioned" || e.name == "refused":
		return fmt.Errorf("the event %q of payload %s is called as what a machine tells", e.name, e.payload)
	case !eventPattern.MatchString(string(e.name)):
		return fmt.Errorf("the event %q of payload %s must be 1 to 63 of the characters a-z 0-9 _ -, beginning with a letter", e.name, e.payload)
	}
	return nil
}

// contractOf is an event as a message.
func contractOf[P any](machine, event string) bus.Event[bus.Addressed[P]] {
	return bus.Define(machine+"."+event, bus.Addressed[P].Recipient,
		bus.InTopic(eventsTopic(machine)), bus.Aggregate(machine), bus.Encoding(bus.Addressing(bus.JSON[P]())))
}

func eventsTopic(machine string) bus.Topic      { return bus.Topic(machine + ".events") }
func transitionsTopic(machine string) bus.Topic { return bus.Topic(machine + ".transitions") }
