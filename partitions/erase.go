package partitions

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// erase counts what the changelog has, and writes that it is gone. Claims stay.
func (r *reset) erase(ctx context.Context) error {
	var failure atomic.Pointer[error]
	var written atomic.Int64
	topic := r.names.changelog()
	for shard := range r.own[topic] {
		keys, err := r.keys(ctx, bus.Partition(shard))
		if err != nil {
			return fmt.Errorf("read %s: %w", topic, err)
		}
		for key := range keys {
			r.note([]byte(key))
			if r.dry {
				continue
			}
			tombstone := &kgo.Record{Topic: topic, Partition: int32(shard), Key: []byte(key)}
			r.client.Produce(ctx, tombstone, func(_ *kgo.Record, err error) {
				if err != nil {
					failure.CompareAndSwap(nil, &err)
					return
				}
				r.progress(int(written.Add(1)))
			})
		}
	}
	if err := r.client.Flush(ctx); err != nil {
		return fmt.Errorf("write %s: %w", topic, err)
	}
	if failed := failure.Load(); failed != nil {
		return fmt.Errorf("write %s: %w", topic, *failed)
	}
	return nil
}

// keys are those of a shard's changelog that have a value. Transactions that are open are waited for.
func (r *reset) keys(ctx context.Context, shard bus.Partition) (map[string]struct{}, error) {
	keys := make(map[string]struct{})
	for record, err := range r.bus.Read(ctx, bus.Topic(r.names.changelog()), bus.Only(shard), bus.Earliest, bus.UntilEnd()) {
		switch key := string(record.Key); {
		case err != nil:
			return nil, err
		case key == claimKey, key == progressKey:
		case record.Value == nil:
			delete(keys, key)
		default:
			keys[key] = struct{}{}
		}
	}
	return keys, nil
}

// note counts a key for what it is.
func (r *reset) note(key []byte) {
	r.erased.Records++
	switch {
	case bytes.HasPrefix(key, []byte(timerPrefix)):
		r.erased.Timers++
	case bytes.HasPrefix(key, []byte(parkPrefix)):
		r.erased.Parked++
	case !bytes.HasPrefix(key, []byte("!")):
		r.erased.Rows++
	}
}
