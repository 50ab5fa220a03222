package bus

import "github.com/millrace/millrace/observe"

// Check is the health check "kafka": it fails while no broker answers, as [Bus.Ping] says.
func (b *Bus) Check() observe.Check { return observe.Check{Name: "kafka", Ask: b.Ping} }
