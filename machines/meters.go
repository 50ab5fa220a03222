package machines

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/millrace/millrace/partitions"
)

// What machines count. Only what is committed is.
var (
	transitions = partitions.NewCounter("millrace.machines.transitions", "{transition}", "Transitions, by machine, event and states.")
	refusals    = partitions.NewCounter("millrace.machines.refusals", "{event}", "Events that were not allowed, by machine, event and state.")
)

func (m *Machine[S, E, D]) countMove(tx *partitions.Tx, event E, from, to S) {
	transitions.Add(tx, 1,
		attribute.String("millrace.machine", m.spec.Name), attribute.String("millrace.machine.event", string(event)),
		attribute.String("millrace.machine.from", string(from)), attribute.String("millrace.machine.to", string(to)))
}

func (m *Machine[S, E, D]) countRefusal(tx *partitions.Tx, event E, in S) {
	refusals.Add(tx, 1,
		attribute.String("millrace.machine", m.spec.Name), attribute.String("millrace.machine.event", string(event)),
		attribute.String("millrace.machine.from", string(in)))
}
