package sagas

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/millrace/millrace/partitions"
)

// What sagas count. Only what is committed is.
var (
	statuses = partitions.NewCounter("millrace.sagas.statuses", "{saga}", "Sagas that came to a status, by flow: alarm on those that are parked.")
	ends     = partitions.NewCounter("millrace.sagas.steps", "{step}", "Steps and undos that ended, by flow, step and how.")
	slow     = partitions.NewCounter("millrace.sagas.slow", "{saga}", "Flows that did not come to where they wait within 10 seconds, by flow.")
	untold   = partitions.NewCounter("millrace.sagas.untold", "{turn}", "Turns that wait since nobody can be told of them, by flow: alarm on any.")
)

func (n *runner) count(tx *partitions.Tx, was, is Status, done []Done) {
	flow := attribute.String("millrace.saga.flow", n.name)
	if was != is {
		statuses.Add(tx, 1, flow, attribute.String("millrace.saga.status", string(is)))
	}
	for _, d := range done {
		outcome := "done"
		switch {
		case d.Undo:
			outcome = "undone"
		case d.Error != "":
			outcome = "failed"
		}
		ends.Add(tx, 1, flow, attribute.String("millrace.saga.step", d.Step), attribute.String("millrace.saga.outcome", outcome))
	}
}
