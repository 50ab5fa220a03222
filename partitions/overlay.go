package partitions

import (
	"bytes"
	"cmp"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/partitions/internal/store"
)

// overlay is what one transaction has written to one shard's tables, over what is committed. Writes can be taken back
// to a mark, so that one record's writes go without the others'.
type overlay struct {
	shard   *shard
	entries []store.Change
	index   map[string]int
	keys    []byte // what the entries' keys are cut from
	undo    []undone
	bytes   int
	timers  bool
	logged  func(*kgo.Record, error)
	reached atomic.Int64
}

// undone is how an entry was before a write; fresh entries were not there.
type undone struct {
	entry int
	fresh bool
	value []byte
}

// Overlays are used again. A lane keeps a few, and none that has become large.
const (
	spareOverlays = 16
	spareEntries  = 1 << 15
	keysAtOnce    = 16 << 10
)

func (l *lane) overlay(s *shard) *overlay {
	o := &overlay{index: make(map[string]int)}
	if last := len(l.spare) - 1; last >= 0 {
		o, l.spare = l.spare[last], l.spare[:last]
	}
	o.shard = s
	return o
}

// reuse takes back an overlay whose transaction is committed and applied: nobody looks at its keys and values any more.
func (l *lane) reuse(o *overlay) {
	if len(l.spare) == spareOverlays || cap(o.entries) > spareEntries {
		return
	}
	clear(o.index)
	clear(o.entries)
	clear(o.undo[:cap(o.undo)])
	l.spare = append(l.spare, &overlay{index: o.index, entries: o.entries[:0], undo: o.undo[:0], keys: o.keys[:0]})
}

// own copies a key to where it stays as long as the transaction.
func (o *overlay) own(key []byte) []byte {
	if cap(o.keys)-len(o.keys) < len(key) {
		o.keys = make([]byte, 0, max(keysAtOnce, len(key)))
	}
	at := len(o.keys)
	o.keys = append(o.keys, key...)
	return o.keys[at:len(o.keys):len(o.keys)]
}

// get finds what the transaction sees. The value must not be modified.
func (o *overlay) get(key []byte) (value []byte, found bool, err error) {
	if i, ok := o.index[string(key)]; ok {
		return o.entries[i].Value, o.entries[i].Value != nil, nil
	}
	return o.shard.state.Get(key)
}

// set writes a value, or deletes with nil. It keeps the value, and copies the key when it is new.
func (o *overlay) set(key, value []byte) {
	if i, ok := o.index[string(key)]; ok {
		o.undo = append(o.undo, undone{entry: i, value: o.entries[i].Value})
		o.bytes += len(value) - len(o.entries[i].Value)
		o.entries[i].Value = value
		return
	}
	own := o.own(key)
	o.undo = append(o.undo, undone{entry: len(o.entries), fresh: true})
	o.index[unsafe.String(unsafe.SliceData(own), len(own))] = len(o.entries) //nolint:gosec // own is never modified
	o.entries = append(o.entries, store.Change{Key: own, Value: value})
	o.bytes += len(own) + len(value)
}

// begin marks where a record's writes begin. No earlier record is taken back any more.
func (o *overlay) begin() { o.undo = o.undo[:0] }

// mark is a place within a record's writes.
func (o *overlay) mark() int { return len(o.undo) }

// rollback takes back all writes since the mark.
func (o *overlay) rollback(mark int) {
	for _, u := range slices.Backward(o.undo[mark:]) {
		entry := &o.entries[u.entry]
		o.bytes += len(u.value) - len(entry.Value)
		if !u.fresh {
			entry.Value = u.value
			continue
		}
		o.bytes -= len(entry.Key)
		delete(o.index, string(entry.Key))
		o.entries = o.entries[:u.entry]
	}
	o.undo = o.undo[:mark]
}

// scan calls yield with what the transaction sees of [from, to) in ascending order, until yield returns false.
func (o *overlay) scan(from, to []byte, yield func(key, value []byte) bool) error {
	var own []store.Change
	for _, entry := range o.entries {
		if bytes.Compare(entry.Key, from) >= 0 && (to == nil || bytes.Compare(entry.Key, to) < 0) {
			own = append(own, entry)
		}
	}
	slices.SortFunc(own, func(a, b store.Change) int { return bytes.Compare(a.Key, b.Key) })
	give := func(entry store.Change) bool { return entry.Value == nil || yield(entry.Key, entry.Value) }
	for committed, err := range o.shard.state.Range(from, to) {
		if err != nil {
			return err
		}
		order := -1
		for len(own) > 0 {
			if order = cmp.Or(bytes.Compare(committed.Key, own[0].Key)); order < 0 {
				break
			}
			if !give(own[0]) {
				return nil
			}
			own = own[1:]
			if order == 0 {
				break
			}
		}
		if order != 0 && !yield(committed.Key, committed.Value) {
			return nil
		}
	}
	for _, entry := range own {
		if !give(entry) {
			return nil
		}
	}
	return nil
}
