package bus

import (
	"context"
	"iter"
)

// Received is one event that was read: its payload, and the record that carried it.
type Received[T any] struct {
	Value  T
	Record Record
}

// Tail iterates over the events of one contract, as [Bus.Read] does over records. A record that cannot be decoded is
// yielded with an error that matches [ErrDecode], and the iteration goes on; any other error ends it.
func Tail[T any](ctx context.Context, b *Bus, e Event[T], opts ...ReadOption) iter.Seq2[Received[T], error] {
	return func(yield func(Received[T], error) bool) {
		if err := e.Err(); err != nil {
			yield(Received[T]{}, err)
			return
		}
		for record, err := range b.Read(ctx, e.Contract().Topic(), opts...) {
			received := Received[T]{Record: record}
			if err == nil {
				if record.Type() != e.Contract().Name() {
					continue
				}
				received.Value, err = e.Decode(record)
			}
			if !yield(received, err) {
				return
			}
		}
	}
}
