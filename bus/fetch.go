package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// Fetcher is a codec whose values may stand elsewhere than in the record, so that decoding one takes a while. Who must not wait in the middle of
// something else fetches first: see [Event.Fetch].
type Fetcher[T any] interface {
	Codec[T]
	// Refers says how many bytes Decode has to ask for elsewhere, and false where it asks nobody. It asks nobody either, and must not keep the slice.
	Refers(data []byte) (size int64, elsewhere bool)
	// Fetch asks for what data refers to, and returns the codec that decodes the same data without asking, as often as it is told to. Its errors are
	// those of Decode. It ends with ctx, which may have no end in sight: Fetch must bound by itself how long it takes, since it keeps room from
	// others meanwhile. A transient error then has it called again.
	Fetch(ctx context.Context, data []byte) (Codec[T], error)
}

// Refers says how many bytes of a record's payload stand elsewhere, so that [Event.Decode] has to ask for them, and false where it need not. The
// size is 0 where nobody knows before the record's schema is looked for.
func (e Event[T]) Refers(r Record) (size int64, elsewhere bool) {
	fetcher, ok := e.codec.(Fetcher[T])
	if !ok || e.Err() != nil {
		return 0, false
	}
	payload, known := r.known(e.contract)
	if !known {
		return 0, true
	}
	return fetcher.Refers(payload)
}

// Fetch asks for a record's payload where that stands elsewhere, and returns the event whose Decode reads the same record without asking, as often as
// it is told to. Its errors are those of [Event.Decode]. It ends with ctx.
func (e Event[T]) Fetch(ctx context.Context, r Record) (Event[T], error) {
	if err := e.Err(); err != nil {
		return e, err
	}
	fetcher, ok := e.codecFor(r.Headers).(Fetcher[T])
	if !ok {
		return e, nil
	}
	payload, _, err := r.payload(ctx, e.contract)
	if err != nil {
		return e, e.unread(r, err)
	}
	codec, err := fetcher.Fetch(ctx, payload)
	if err != nil {
		return e, e.unread(r, err)
	}
	e.codec = codec
	return e, nil
}

// unread is what Decode and Fetch return where a record cannot be read.
func (e Event[T]) unread(r Record, err error) error {
	if marked, ok := errors.AsType[classed](err); ok && marked.Class() == resilience.ClassTransient {
		return fmt.Errorf("bus: decode %s/%d@%d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return &DecodeError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Type: e.contract.name, Err: err}
}
