package store

import (
	"github.com/cockroachdb/pebble/v2"
)

// scan is a snapshot that is being read, in pieces, so that the store is not held up while the reader thinks.
type scan struct {
	shard   *diskShard
	entries *pebble.Iterator
	begun   bool
}

func (s *diskShard) scan(from, to []byte) (*scan, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.store.gate.RUnlock()
	start, end := bounds(s.number)
	if to != nil {
		end = append(start[:prefixSize:prefixSize], to...)
	}
	entries, err := s.store.db.NewIter(&pebble.IterOptions{LowerBound: append(start, from...), UpperBound: end})
	if err != nil {
		return nil, s.store.failed(err)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.iterators[entries] = struct{}{}
	return &scan{shard: s, entries: entries}, nil
}

// read appends up to so many entries to into, fewer at the end.
func (s *scan) read(into []Change, most int) ([]Change, error) {
	if err := s.shard.enter(); err != nil {
		return into, err
	}
	defer s.shard.store.gate.RUnlock()
	for len(into) < most {
		var ok bool
		if s.begun {
			ok = s.entries.Next()
		} else {
			ok, s.begun = s.entries.First(), true
		}
		if !ok {
			if err := s.entries.Error(); err != nil {
				return into, s.shard.store.failed(err)
			}
			break
		}
		key, value := s.entries.Key()[prefixSize:], s.entries.Value()
		both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
		into = append(into, Change{both[:len(key):len(key)], both[len(key):]})
	}
	return into, nil
}

// close lets go of the snapshot, unless the closed store has done so.
func (s *scan) close() {
	store := s.shard.store
	if store.enter() != nil {
		return
	}
	defer store.gate.RUnlock()
	store.mu.Lock()
	delete(store.iterators, s.entries)
	store.mu.Unlock()
	s.entries.Close() //nolint:errcheck,gosec // read has told its errors
}
