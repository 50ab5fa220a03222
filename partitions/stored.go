package partitions

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/millrace/millrace/bus"
)

// Stored are records of a group's changelog, the last one of each key in each shard, in no order.
type Stored []bus.Record

// ReadStored reads what is committed of the records that are meant, see [Table.Has]. It needs no node of the group. A group that has never
// run has no changelog, which is [bus.ErrNoTopic]. meant is called with each record of the changelog, also with those that later ones stand for,
// and may put a shorter Value into one: what is not needed is not held then.
func ReadStored(ctx context.Context, b *bus.Bus, group string, meant func(*bus.Record) bool) (Stored, error) {
	type place struct {
		shard bus.Partition
		key   string
	}
	last := make(map[place]bus.Record)
	for record, err := range b.Read(ctx, bus.Topic(group+".changelog"), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			return nil, fmt.Errorf("partitions: read the changelog of the group %q: %w", group, err)
		}
		at := place{record.Partition, string(record.Key)}
		if record.Value == nil || !meant(&record) {
			delete(last, at)
			continue
		}
		record.Key, record.Value = bytes.Clone(record.Key), bytes.Clone(record.Value) // the others of its batch are not held with it
		last[at] = record
	}
	stored := make(Stored, 0, len(last))
	for _, record := range last {
		stored = append(stored, record)
	}
	return stored, nil
}

// All iterates over the records, as [Table.Rows] wants it.
func (s Stored) All() iter.Seq2[bus.Record, error] {
	return func(yield func(bus.Record, error) bool) {
		for _, record := range s {
			if !yield(record, nil) {
				return
			}
		}
	}
}
