package store

import (
	"bytes"
	"hash/maphash"
)

// slot is a place of the hash index: the low half of the key's hash, and the id of its entry, 0 when empty.
type slot struct{ tag, id uint32 }

// table is a hash map from bytes to bytes without pointers in it, so that ten million entries cost the garbage
// collector nothing: slots find the id of a key, refs the record of an id, slabs hold the records. An id is an entry's
// for as long as its key is there, and so the order of the keys need not be touched when a value changes.
type table struct {
	seed  maphash.Seed
	slots []slot // open addressing with linear probing; a power of two
	count int
	refs  []ref // by id
	free  []uint32
	log   slabs
	order *order // nil until somebody needs it
}

const minSlots = 16

func newTable() *table {
	return &table{seed: maphash.MakeSeed(), slots: make([]slot, minSlots), refs: make([]ref, 1)}
}

// find returns the slot of a key, or the empty one where it would be, and the key's tag.
func (t *table) find(key []byte) (at, tag uint32) {
	tag = uint32(maphash.Bytes(t.seed, key)) //nolint:gosec // the low half
	mask := uint32(len(t.slots) - 1)         //nolint:gosec // at most 2³¹
	for at = tag & mask; ; at = (at + 1) & mask {
		place := t.slots[at]
		if place.id == 0 || place.tag == tag && bytes.Equal(t.key(place.id), key) {
			return at, tag
		}
	}
}

func (t *table) key(id uint32) []byte {
	_, key, _, _ := t.log.read(t.refs[id])
	return key
}

func (t *table) get(key []byte) ([]byte, bool) {
	tag := uint32(maphash.Bytes(t.seed, key)) //nolint:gosec // the low half
	mask := uint32(len(t.slots) - 1)          //nolint:gosec // at most 2³¹
	for at := tag & mask; ; at = (at + 1) & mask {
		place := t.slots[at]
		if place.id == 0 {
			return nil, false
		}
		if place.tag != tag {
			continue
		}
		if _, found, value, _ := t.log.read(t.refs[place.id]); bytes.Equal(found, key) {
			return value, true
		}
	}
}

func (t *table) put(key, value []byte) {
	at, tag := t.find(key)
	if id := t.slots[at].id; id != 0 {
		old := t.refs[id]
		t.refs[id] = t.log.put(id, key, value)
		t.log.kill(old)
		return
	}
	var id uint32
	if last := len(t.free) - 1; last >= 0 {
		id, t.free = t.free[last], t.free[:last]
	} else {
		id = uint32(len(t.refs)) //nolint:gosec // fewer entries than 2³² fit
		t.refs = append(t.refs, ref{})
	}
	t.refs[id] = t.log.put(id, key, value)
	t.slots[at] = slot{tag, id}
	t.count++
	if t.count > len(t.slots)/8*7 {
		t.resize(2 * len(t.slots))
	}
	if t.order != nil {
		t.order.insert(t, id)
	}
}

func (t *table) remove(key []byte) {
	at, _ := t.find(key)
	id := t.slots[at].id
	if id == 0 {
		return
	}
	if t.order != nil {
		t.order.remove(t, id)
	}
	t.log.kill(t.refs[id])
	t.refs[id] = ref{}
	t.free = append(t.free, id)
	t.count--
	t.vacate(at)
	if len(t.slots) > minSlots && t.count < len(t.slots)/8 {
		t.resize(len(t.slots) / 4)
	}
	if t.count == 0 && len(t.free) > minSlots {
		// otherwise ids are kept for the most entries there ever were; records that are dead name them, and go with them
		t.refs, t.free, t.log = make([]ref, 1), nil, slabs{}
	}
}

// vacate empties a slot and moves up those after it that would not be found past a gap.
func (t *table) vacate(gap uint32) {
	mask := uint32(len(t.slots) - 1) //nolint:gosec // at most 2³¹
	for at := (gap + 1) & mask; t.slots[at].id != 0; at = (at + 1) & mask {
		if home := t.slots[at].tag & mask; (at-home)&mask >= (at-gap)&mask {
			t.slots[gap] = t.slots[at]
			gap = at
		}
	}
	t.slots[gap] = slot{}
}

func (t *table) resize(size int) {
	old := t.slots
	t.slots = make([]slot, max(size, minSlots))
	mask := uint32(len(t.slots) - 1) //nolint:gosec // at most 2³¹
	for _, place := range old {
		if place.id == 0 {
			continue
		}
		at := place.tag & mask
		for t.slots[at].id != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = place
	}
}

// compact moves what is alive out of slabs that are mostly dead.
func (t *table) compact() {
	for number := t.log.worst(); number != 0; number = t.log.worst() {
		for at, end := uint32(0), uint32(len(t.log.all[number].data)); at < end; { //nolint:gosec // as in slabs.put
			here := ref{number, at}
			id, key, value, next := t.log.read(here)
			if t.refs[id] == here {
				t.refs[id] = t.log.put(id, key, value)
				t.log.kill(here)
			}
			if len(t.log.all[number].data) == 0 {
				break // it was the last one alive, and the slab is gone
			}
			at = next
		}
	}
}

// bytes is what the table takes, without its order.
func (t *table) bytes() int64 {
	return int64(t.log.allocated) + 8*int64(cap(t.slots)+cap(t.refs)) + 4*int64(cap(t.free))
}
