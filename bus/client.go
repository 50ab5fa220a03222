package bus

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Client makes a Kafka client of its own with the bus's address, security, dialer, telemetry and safe defaults, for what
// the bus does not do itself. It gives a record up that is not written within [PublishTimeout] of the record's own time,
// which the client takes for when it was produced; the bus's own publishing knows no such limit. Options add to these or
// replace them. The caller closes it; [Bus.Close] does not.
func (b *Bus) Client(opts ...kgo.Opt) (*kgo.Client, error) {
	if b.ended.Err() != nil {
		return nil, ErrClosed
	}
	return b.config.client(slices.Concat([]kgo.Opt{kgo.RecordDeliveryTimeout(b.config.publishTimeout)}, opts)...)
}
