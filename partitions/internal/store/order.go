package store

import (
	"bytes"
	"slices"
)

// order keeps the ids of a table by their keys, in sorted chunks: about 6 bytes an entry. An insert moves at most one
// chunk, and now and then the list of chunks, which is a thousandth of the entries.
type order struct {
	chunks [][]uint32
}

const maxChunk = 512

// newOrder sorts all keys of a table.
func newOrder(t *table) *order {
	items := make([]ranked, 0, t.count)
	for id := range t.refs {
		if t.refs[id].slab != 0 {
			items = append(items, ranked{id: uint32(id)})
		}
	}
	rank(items, t.key)
	o := &order{}
	for part := range slices.Chunk(items, maxChunk/4*3) {
		chunk := make([]uint32, len(part), maxChunk)
		for i, item := range part {
			chunk[i] = item.id
		}
		o.chunks = append(o.chunks, chunk)
	}
	return o
}

// seek returns the place of the first key that is not before the given one: chunk and index in it. Past the end it is
// the end of the last chunk.
func (o *order) seek(t *table, key []byte) (chunk, at int) {
	compare := func(id uint32, key []byte) int { return bytes.Compare(t.key(id), key) }
	chunk, found := slices.BinarySearchFunc(o.chunks, key, func(ids []uint32, key []byte) int { return compare(ids[0], key) })
	if found || len(o.chunks) == 0 {
		return chunk, 0
	}
	if chunk > 0 {
		chunk--
	}
	at, _ = slices.BinarySearchFunc(o.chunks[chunk], key, compare)
	return chunk, at
}

func (o *order) insert(t *table, id uint32) {
	chunk, at := o.seek(t, t.key(id))
	if len(o.chunks) == 0 {
		o.chunks = append(o.chunks, append(make([]uint32, 0, maxChunk), id))
		return
	}
	ids := o.chunks[chunk]
	if len(ids) == maxChunk {
		cut := maxChunk / 2
		if at == maxChunk && chunk == len(o.chunks)-1 {
			cut = maxChunk // keys that only ascend leave full chunks behind
		}
		rest := append(make([]uint32, 0, maxChunk), ids[cut:]...)
		o.chunks[chunk] = ids[:cut]
		o.chunks = slices.Insert(o.chunks, chunk+1, rest)
		if at > cut || cut == maxChunk {
			chunk, at = chunk+1, at-cut
		}
	}
	o.chunks[chunk] = slices.Insert(o.chunks[chunk], at, id)
}

func (o *order) remove(t *table, id uint32) {
	chunk, at := o.seek(t, t.key(id))
	ids := slices.Delete(o.chunks[chunk], at, at+1)
	o.chunks[chunk] = ids
	if len(ids) == 0 {
		o.chunks = slices.Delete(o.chunks, chunk, chunk+1)
	}
}

// read appends up to so many entries of [from, to) to into; after leaves out from itself.
func (o *order) read(t *table, into []Change, from []byte, after bool, to []byte, most int) []Change {
	chunk, at := o.seek(t, from)
	for ; chunk < len(o.chunks); chunk, at = chunk+1, 0 {
		for _, id := range o.chunks[chunk][at:] {
			_, key, value, _ := t.log.read(t.refs[id])
			if after && bytes.Equal(key, from) {
				continue
			}
			if len(into) == most || to != nil && bytes.Compare(key, to) >= 0 {
				return into
			}
			into = append(into, Change{key, value})
		}
	}
	return into
}
