package bus

import "github.com/millrace/millrace/observe"

// Check is the health check "kafka": it fails while no broker answers, as [Bus.Ping] says. It is asked for the start:
// later the cluster's outage is all processes' alike.
func (b *Bus) Check() observe.Check {
	return observe.Check{Name: "kafka", Ask: b.Ping, Criticality: observe.Startup}
}
