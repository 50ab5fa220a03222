package bus

import (
	"github.com/twmb/franz-go/pkg/kgo"
)

// Client makes a Kafka client of its own with the bus's address, security, dialer, telemetry and safe defaults, for what
// the bus does not do itself. Options add to these or replace them. The caller closes it; [Bus.Close] does not.
func (b *Bus) Client(opts ...kgo.Opt) (*kgo.Client, error) {
	if b.ended.Err() != nil {
		return nil, ErrClosed
	}
	return b.config.client(opts...)
}
