package partitions

import (
	"bytes"
	"context"
	"errors"
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
	most, bound := ctx.Value(storedLimit{}).(int64)
	var held int64
	for record, err := range b.Read(ctx, bus.Topic(group+".changelog"), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			return nil, fmt.Errorf("partitions: read the changelog of the group %q: %w", group, err)
		}
		at := place{record.Partition, string(record.Key)}
		if before, has := last[at]; has {
			held -= heldFor(before)
			delete(last, at)
		}
		if record.Value == nil || !meant(&record) {
			continue
		}
		if held += heldFor(record); bound && held > most {
			return nil, fmt.Errorf("%w: the group %q has more than %d MB of what is asked for", ErrStoredTooLarge, group, most>>20)
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

// storedOverhead is what a record takes beside its key and value, about, in bytes.
const storedOverhead = 256

func heldFor(r bus.Record) int64 { return int64(len(r.Key)+len(r.Value)) + storedOverhead }

type storedLimit struct{}

// ErrStoredTooLarge is found in the error of a reading that would hold more than [LimitStored] allows.
var ErrStoredTooLarge = errors.New("partitions: more is stored than may be held")

// LimitStored bounds what each [ReadStored] below ctx holds in memory, in bytes; the Inspect functions of packages that stand on this one use it.
// By default there is no bound, as for a command that ends after it.
func LimitStored(ctx context.Context, most int64) context.Context {
	return context.WithValue(ctx, storedLimit{}, most)
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
