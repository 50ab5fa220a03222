package store

import (
	"encoding/binary"
	"math/bits"
)

// ref is where a record is. Slabs are numbered from 1, so the zero ref is none.
type ref struct{ slab, at uint32 }

// slab is a piece of memory that records are appended to. What is written never changes, so readers keep slices of it;
// it is left to the garbage collector, which sees no pointers in it, when nothing refers to it any more.
type slab struct {
	data []byte
	dead int
}

// slabs is an append-only log of records, in pieces: the id of the entry (4 bytes), the length of the key and that of
// the value plus one, or zero for a nil value (uvarint), the key, the value. A record is dead when its entry was written
// again or deleted.
type slabs struct {
	all       []slab
	free      []uint32 // numbers of slabs that are gone
	current   uint32
	size      int // bytes in use in all slabs
	dead      int // of these, in dead records
	allocated int
}

const (
	minSlab    = 4 << 10
	maxSlab    = 1 << 20
	headerSize = 4 + 2*binary.MaxVarintLen64
	// deadSlack lets a small shard be without compaction for a while.
	deadSlack = 64 << 10
)

// put appends a record.
func (s *slabs) put(id uint32, key, value []byte) ref {
	most := headerSize + len(key) + len(value)
	number := s.current
	if number == 0 || cap(s.all[number].data)-len(s.all[number].data) < most {
		number = s.grow(most)
	}
	data := s.all[number].data
	at := len(data)
	data = binary.LittleEndian.AppendUint32(data, id)
	data = binary.AppendUvarint(data, uint64(len(key)))
	if value == nil {
		data = append(data, 0)
	} else {
		data = binary.AppendUvarint(data, uint64(len(value))+1)
	}
	data = append(data, key...)
	data = append(data, value...)
	s.all[number].data = data
	s.size += len(data) - at
	return ref{number, uint32(at)} //nolint:gosec // slabs are smaller, and one record's slab begins with it
}

// grow makes the slab for a record of at most so many bytes. A large one gets its own, and the current one stays.
func (s *slabs) grow(most int) uint32 {
	if len(s.all) == 0 {
		s.all = append(s.all, slab{})
	}
	want := min(maxSlab, max(minSlab, 1<<bits.Len(uint(s.size-s.dead)/8)))
	alone := most > want/4
	if alone {
		want = most
	}
	var number uint32
	if last := len(s.free) - 1; last >= 0 {
		number, s.free = s.free[last], s.free[:last]
		s.all[number] = slab{data: make([]byte, 0, want)}
	} else {
		number = uint32(len(s.all)) //nolint:gosec // 2³² slabs do not fit
		s.all = append(s.all, slab{data: make([]byte, 0, want)})
	}
	s.allocated += want
	if before := s.current; !alone {
		s.current = number
		s.release(before)
	}
	return number
}

// read decodes the record at r and says where it ends. Its slices cannot be appended to in place.
func (s *slabs) read(r ref) (id uint32, key, value []byte, end uint32) {
	data := s.all[r.slab].data
	at := int(r.at) + 4
	id = binary.LittleEndian.Uint32(data[r.at:])
	keyLen, n := binary.Uvarint(data[at:])
	at += n
	valueSize, n := binary.Uvarint(data[at:])
	at += n
	split := at + int(keyLen) //nolint:gosec // written by put
	if valueSize == 0 {
		return id, data[at:split:split], nil, uint32(split) //nolint:gosec // as in put
	}
	stop := split + int(valueSize) - 1                                   //nolint:gosec // written by put
	return id, data[at:split:split], data[split:stop:stop], uint32(stop) //nolint:gosec // as in put
}

// kill marks the record at r as dead.
func (s *slabs) kill(r ref) {
	_, _, _, end := s.read(r)
	s.all[r.slab].dead += int(end - r.at)
	s.dead += int(end - r.at)
	s.release(r.slab)
}

// release gives a slab back that has nothing alive and gets nothing any more.
func (s *slabs) release(number uint32) {
	this := &s.all[number]
	if number == 0 || number == s.current || this.dead < len(this.data) {
		return
	}
	s.size -= len(this.data)
	s.dead -= this.dead
	s.allocated -= cap(this.data)
	*this = slab{}
	s.free = append(s.free, number)
}

// worst is the slab whose compaction frees the largest share, or 0 while too little is dead to be worth it: a third.
func (s *slabs) worst() uint32 {
	if s.dead <= (s.size-s.dead)/2+deadSlack {
		return 0
	}
	var worst uint32
	share := 0.0
	for number := range s.all {
		this := &s.all[number]
		if uint32(number) == s.current || len(this.data) == 0 {
			continue
		}
		if dead := float64(this.dead) / float64(len(this.data)); dead > share {
			worst, share = uint32(number), dead
		}
	}
	return worst
}
