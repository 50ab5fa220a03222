package partitions

import (
	"bytes"
	"fmt"
	"iter"
	"time"

	"github.com/millrace/millrace/bus"
)

// Rows makes a table's rows of its group's changelog, the topic "<group>.changelog", read from [bus.Earliest] to where
// the rows are wanted. It needs no node of the group, and sees what is committed. A key that several shards have rows of
// is there once: read with [bus.Only] for one shard's.
func (t *Table[K, V]) Rows(changelog iter.Seq2[bus.Record, error]) (map[K]V, error) {
	if t.err != nil {
		return nil, t.err
	}
	rows := make(map[K]V)
	for record, err := range changelog {
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
		raw, own := bytes.CutPrefix(record.Key, t.prefix)
		if !own {
			continue
		}
		key, err := t.keys.parse(raw)
		if err != nil {
			return nil, fmt.Errorf("table %s: a stored key cannot be read: %w", t.name, err)
		}
		delete(rows, key)
		if record.Value == nil {
			continue
		}
		v, found, err := t.decode(record.Value, time.Now())
		if err != nil {
			return nil, err
		}
		if found {
			rows[key] = v
		}
	}
	return rows, nil
}

// Has says whether a record of the changelog is of a row of the table, one that is put or one that is deleted.
func (t *Table[K, V]) Has(record bus.Record) bool {
	return t.err == nil && bytes.HasPrefix(record.Key, t.prefix)
}
