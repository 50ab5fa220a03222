package machines

import (
	"maps"
	"reflect"
	"slices"

	"github.com/millrace/millrace/bus"
)

// Accepted is an event that a machine takes, for who reads payloads whose types are not known when that is written.
type Accepted[E ~string] struct {
	Event   E
	Payload reflect.Type
	// Schema is the payload's, by [bus.JSON].
	Schema func() (bus.Schema, error)
	// Decode reads a payload that [Machine.Ask] and [Machine.Send] take. Its error says what is wrong with the JSON.
	Decode func(json []byte) (Payload[E], error)
}

// Accepts are the machine's events by their names, also those of its time-outs. A wrong definition has none.
func (m *Machine[S, E, D]) Accepts() []Accepted[E] {
	if m.err != nil {
		return nil
	}
	var all []Accepted[E]
	for _, name := range slices.Sorted(maps.Keys(m.ways)) {
		way := m.ways[name]
		all = append(all, Accepted[E]{Event: name, Payload: m.events[name].payload, Schema: way.schema, Decode: way.decode})
	}
	return all
}
