package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

const prefixSize = 4

// diskShard is one opening of a shard of a directory.
type diskShard struct {
	store   *disk
	number  int32
	writing sync.Mutex
	at      atomic.Pointer[Position]
	closed  atomic.Bool
	keys    sync.Pool // of *[]byte that begin with the prefix
}

func newDiskShard(d *disk, shard int32) *diskShard {
	s := &diskShard{store: d, number: shard}
	s.keys.New = func() any {
		start, _ := bounds(shard)
		return &start
	}
	return s
}

// bounds are the first key of a shard and the first one after it.
func bounds(shard int32) (start, end []byte) {
	number := uint32(shard) //nolint:gosec // not negative
	return binary.BigEndian.AppendUint32(make([]byte, 0, 64), number), binary.BigEndian.AppendUint32(nil, number+1)
}

// enter must be followed by s.store.gate.RUnlock unless it fails.
func (s *diskShard) enter() error {
	if err := s.store.enter(); err != nil {
		return err
	}
	if s.closed.Load() {
		s.store.gate.RUnlock()
		return ErrClosed
	}
	return nil
}

func (s *diskShard) Get(key []byte) (value []byte, found bool, err error) {
	if err := s.enter(); err != nil {
		return nil, false, err
	}
	defer s.store.gate.RUnlock()
	buffer := s.keys.Get().(*[]byte) //nolint:forcetypeassert // nothing else is put there
	defer s.keys.Put(buffer)
	*buffer = append((*buffer)[:prefixSize], key...)
	stored, closer, err := s.store.db.Get(*buffer)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, s.store.failed(err)
	}
	value = append(make([]byte, 0, len(stored)), stored...)
	if err := closer.Close(); err != nil {
		return nil, false, s.store.failed(err)
	}
	return value, true, nil
}

func (s *diskShard) Range(from, to []byte) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		scan, err := s.scan(from, to)
		if err != nil {
			yield(Change{}, err)
			return
		}
		defer scan.close()
		var found []Change
		for most := firstRead; ; most = min(4*most, mostRead) {
			found, err = scan.read(found[:0], most)
			for _, entry := range found {
				if s.closed.Load() {
					break
				}
				if !yield(entry, nil) {
					return
				}
			}
			if err == nil && s.closed.Load() {
				err = ErrClosed
			}
			if err != nil {
				yield(Change{}, err)
			}
			if err != nil || len(found) < most {
				return
			}
		}
	}
}

func (s *diskShard) Apply(changes []Change, at Position) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.store.gate.RUnlock()
	return s.store.commit([]*diskShard{s}, []Batch{{s.number, changes, at}})
}

// write adds one of our batches to Pebble's, in the order of the keys, which its memtable takes much faster, and of
// several changes of a key only the last.
func (s *diskShard) write(written *pebble.Batch, batch Batch) error {
	prefix, _ := bounds(s.number)
	sorted := make([]ranked, len(batch.Changes))
	for i := range sorted {
		sorted[i].id = uint32(i)
	}
	rank(sorted, func(i uint32) []byte { return batch.Changes[i].Key })
	for i, item := range sorted {
		change := batch.Changes[item.id]
		if i+1 < len(sorted) && bytes.Equal(batch.Changes[sorted[i+1].id].Key, change.Key) {
			continue
		}
		var op *pebble.DeferredBatchOp
		if change.Value == nil {
			op = written.DeleteDeferred(prefixSize + len(change.Key))
		} else {
			op = written.SetDeferred(prefixSize+len(change.Key), len(change.Value))
			copy(op.Value, change.Value)
		}
		copy(op.Key, prefix)
		copy(op.Key[prefixSize:], change.Key)
		if err := op.Finish(); err != nil {
			return err //nolint:wrapcheck // the caller does
		}
	}
	return written.Set(positionKey(s.number), batch.At.encode(), nil) //nolint:wrapcheck // the caller does
}

func (s *diskShard) Position() (Position, bool) {
	if at := s.at.Load(); at != nil {
		return *at, true
	}
	return Position{}, false
}

func (s *diskShard) Size() (Size, error) {
	if err := s.enter(); err != nil {
		return Size{}, err
	}
	defer s.store.gate.RUnlock()
	size, err := s.store.db.EstimateDiskUsage(bounds(s.number))
	if err != nil {
		return Size{}, s.store.failed(err)
	}
	return Size{Entries: -1, Bytes: int64(size)}, nil //nolint:gosec // a disk is smaller
}

func (s *diskShard) Wipe() error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.store.gate.RUnlock()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	written := s.store.db.NewBatch()
	defer written.Close() //nolint:errcheck // it was committed, or is given up
	if err := errors.Join(forget(written, s.number), s.store.db.Apply(written, pebble.NoSync)); err != nil {
		return s.store.failed(err)
	}
	s.at.Store(nil)
	return nil
}

func (s *diskShard) Close() error {
	if s.closed.Swap(true) {
		return ErrClosed
	}
	s.writing.Lock()   // an Apply that has begun is done when this returns
	s.writing.Unlock() //nolint:staticcheck // as said
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.open[s.number] == s {
		delete(s.store.open, s.number)
	}
	return nil
}
