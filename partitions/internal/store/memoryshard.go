package store

import (
	"iter"
	"sync"
	"sync/atomic"
)

// state is what a shard keeps in memory, open or not.
type state struct {
	mu       sync.RWMutex
	table    *table
	position Position
	known    bool
	ordering sync.Mutex // held by the reader that makes the order, beside mu
}

func (s *state) at() (Position, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.position, s.known
}

// memoryShard is one opening of a state.
type memoryShard struct {
	store  *memory
	number int32
	state  *state
	closed atomic.Bool
}

func (s *memoryShard) Get(key []byte) (value []byte, found bool, err error) {
	if s.closed.Load() {
		return nil, false, ErrClosed
	}
	s.state.mu.RLock()
	value, found = s.state.table.get(key)
	s.state.mu.RUnlock()
	return value, found, nil
}

const (
	firstRead = 16
	mostRead  = 1024
)

func (s *memoryShard) Range(from, to []byte) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		var found []Change
		from, after := from, false
		for most := firstRead; ; most = min(4*most, mostRead) {
			found = s.state.read(found[:0], from, after, to, most)
			for _, entry := range found {
				if s.closed.Load() {
					yield(Change{}, ErrClosed)
					return
				}
				if !yield(entry, nil) {
					return
				}
			}
			if len(found) < most {
				if s.closed.Load() {
					yield(Change{}, ErrClosed)
				}
				return
			}
			from, after = found[len(found)-1].Key, true
		}
	}
}

func (s *state) read(into []Change, from []byte, after bool, to []byte, most int) []Change {
	s.mu.RLock()
	defer s.mu.RUnlock()
	s.ordering.Lock()
	if s.table.order == nil {
		s.table.order = newOrder(s.table)
	}
	order := s.table.order
	s.ordering.Unlock()
	return order.read(s.table, into, from, after, to, most)
}

func (s *memoryShard) Apply(changes []Change, at Position) error {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	table := s.state.table
	for _, change := range changes {
		if change.Value == nil {
			table.remove(change.Key)
		} else {
			table.put(change.Key, change.Value)
		}
	}
	table.compact()
	s.state.position, s.state.known = at.plain(), true
	return nil
}

func (s *memoryShard) Position() (Position, bool) { return s.state.at() }

func (s *memoryShard) Size() (Size, error) {
	if s.closed.Load() {
		return Size{}, ErrClosed
	}
	s.state.mu.RLock()
	defer s.state.mu.RUnlock()
	return Size{Entries: int64(s.state.table.count), Bytes: s.state.table.bytes()}, nil
}

func (s *memoryShard) Wipe() error {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if s.closed.Load() {
		return ErrClosed
	}
	s.state.table, s.state.position, s.state.known = newTable(), Position{}, false
	return nil
}

func (s *memoryShard) Close() error {
	if s.closed.Swap(true) {
		return ErrClosed
	}
	s.state.mu.Lock()   // an Apply that has begun is done when this returns
	s.state.mu.Unlock() //nolint:staticcheck // as said
	s.store.release(s)
	return nil
}
