package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// ranked is the place of a key among others: eight bytes of it decide most comparisons without looking at the key.
type ranked struct {
	head uint64
	id   uint32
}

// rank sorts the ids by their keys, and ids of equal keys ascending. The heads are what follows after the bytes that
// all keys begin with.
func rank(ids []ranked, key func(id uint32) []byte) {
	if len(ids) == 0 {
		return
	}
	first := key(ids[0].id)
	common := len(first)
	for _, item := range ids {
		common = shared(first[:common], key(item.id))
	}
	for i := range ids {
		var head [8]byte
		copy(head[:], key(ids[i].id)[common:])
		ids[i].head = binary.BigEndian.Uint64(head[:])
	}
	slices.SortFunc(ids, func(a, b ranked) int {
		if a.head != b.head {
			return cmp.Compare(a.head, b.head)
		}
		return cmp.Or(bytes.Compare(key(a.id), key(b.id)), cmp.Compare(a.id, b.id))
	})
}

// shared is how many bytes both begin with.
func shared(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
