package store

import (
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
	writing sync.Mutex // held by an Apply from before its first change
	at      atomic.Pointer[Position]
	closed  atomic.Bool
	keys    sync.Pool // of *[]byte that begin with the prefix

	mu    sync.RWMutex // guards what follows
	front *layer       // gets what is applied
	old   *layer       // is being written to Pebble, or was
}

func newDiskShard(d *disk, shard int32) *diskShard {
	s := &diskShard{store: d, number: shard, front: newLayer(), old: newLayer()}
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
	if s.closed.Load() {
		return nil, false, ErrClosed
	}
	s.mu.RLock()
	value, found = s.front.rows.get(key)
	if !found {
		value, found = s.old.rows.get(key)
	}
	s.mu.RUnlock()
	if found {
		return value, value != nil, nil
	}
	return s.getWritten(key)
}

// getWritten finds what Pebble has.
func (s *diskShard) getWritten(key []byte) (value []byte, found bool, err error) {
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
	if err := s.store.unwritten.admit(); err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.store.gate.RUnlock()
	return s.store.commit([]*diskShard{s}, []Batch{{s.number, changes, at}})
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
	s.store.writing.Lock() // otherwise what is being written would come after it
	defer s.store.writing.Unlock()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.store.forget(s.number); err != nil {
		return err
	}
	s.store.unwritten.shrink(s.front.rows.bytes())
	s.front, s.old = newLayer(), newLayer()
	s.at.Store(nil)
	return nil
}

func (s *diskShard) Close() error {
	if s.closed.Swap(true) {
		return ErrClosed
	}
	s.writing.Lock()   // an Apply that has begun is done when this returns
	s.writing.Unlock() //nolint:staticcheck // as said
	if s.store.enter() != nil {
		return nil // the store has written it
	}
	defer s.store.gate.RUnlock()
	err := s.store.writeOut()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	delete(s.store.open, s.number)
	return err
}
