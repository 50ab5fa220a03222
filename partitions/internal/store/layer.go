package store

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// layer is what was applied to a shard of a directory within a time: the last change of each key, deletions as rows
// with a nil value, and the position after them. Its shard's lock guards it for as long as changes are applied to it.
type layer struct {
	rows    *table
	at      *Position // nil while nothing was applied
	written bool      // Pebble has it, and it is only kept for reading

	reading sync.Mutex           // held by those who only read, for what follows and to make the order
	cursors map[*cursor]struct{} // that have not read to their end: they do not see what is applied from now on
}

func newLayer() *layer { return &layer{rows: newTable(), cursors: map[*cursor]struct{}{}} }

func (l *layer) apply(batch Batch) {
	if len(batch.Changes) > 0 {
		for c := range l.cursors {
			c.detach()
		}
		clear(l.cursors)
	}
	for _, change := range batch.Changes {
		l.rows.put(change.Key, change.Value)
	}
	l.rows.compact()
	at := batch.At.plain()
	l.at = &at
}

func (l *layer) order() *order {
	l.reading.Lock()
	defer l.reading.Unlock()
	if l.rows.order == nil {
		l.rows.order = newOrder(l.rows)
	}
	return l.rows.order
}

// size is how many bytes write adds, or some more.
func (l *layer) size() int {
	return l.rows.log.size - l.rows.log.dead + perChange*l.rows.count + perBatch
}

// What a Pebble batch takes beside keys and values: kind, two lengths and our prefix; a header and the position.
const (
	perChange = 1 + prefixSize
	perBatch  = 128
)

// write adds the layer, which does not change any more, to a batch in the order of its keys, which Pebble takes fastest.
func (l *layer) write(batch *pebble.Batch, shard int32) error {
	prefix, _ := bounds(shard)
	for _, ids := range l.order().chunks {
		for _, id := range ids {
			_, key, value, _ := l.rows.log.read(l.rows.refs[id])
			var op *pebble.DeferredBatchOp
			if value == nil {
				op = batch.DeleteDeferred(prefixSize + len(key))
			} else {
				op = batch.SetDeferred(prefixSize+len(key), len(value))
				copy(op.Value, value)
			}
			copy(op.Key, prefix)
			copy(op.Key[prefixSize:], key)
			if err := op.Finish(); err != nil {
				return err //nolint:wrapcheck // the caller does
			}
		}
	}
	return batch.Set(positionKey(shard), l.at.encode(), nil) //nolint:wrapcheck // the caller does
}
