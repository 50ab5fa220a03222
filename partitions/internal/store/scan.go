package store

import (
	"bytes"

	"github.com/cockroachdb/pebble/v2"
)

// scan is a snapshot that is being read, in pieces, so that the store is not held up while the reader thinks.
type scan struct {
	shard   *diskShard
	entries *pebble.Iterator
	begun   bool
	valid   bool      // entries is at an entry
	layers  []*cursor // over the entries, a newer one behind an older one
}

func (s *diskShard) scan(from, to []byte) (*scan, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.store.gate.RUnlock()
	begun, err := s.snapshot(from, to)
	if err != nil {
		return nil, s.store.failed(err)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.store.iterators[begun.entries] = struct{}{}
	return begun, nil
}

// snapshot holds on to what is in Pebble and in memory at one moment.
func (s *diskShard) snapshot(from, to []byte) (*scan, error) {
	start, end := bounds(s.number)
	if to != nil {
		end = append(start[:prefixSize:prefixSize], to...)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	entries, err := s.store.db.NewIter(&pebble.IterOptions{LowerBound: append(start, from...), UpperBound: end})
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller does
	}
	begun := &scan{shard: s, entries: entries}
	for _, l := range []*layer{s.old, s.front} {
		if !l.written && l.rows.count > 0 {
			begun.layers = append(begun.layers, newCursor(s, l, from, to))
		}
	}
	return begun, nil
}

// read appends up to so many entries to into, fewer at the end.
func (s *scan) read(into []Change, most int) ([]Change, error) {
	if err := s.shard.enter(); err != nil {
		return into, err
	}
	defer s.shard.store.gate.RUnlock()
	if !s.begun {
		s.begun, s.valid = true, s.entries.First()
	}
	for len(into) < most {
		if err := s.entries.Error(); err != nil {
			return into, s.shard.store.failed(err)
		}
		row, found := s.next()
		if !found && s.entries.Error() == nil {
			break
		}
		if row.Value != nil {
			into = append(into, row)
		}
	}
	return into, nil
}

// next takes the first row of all, and those of its key that it hides.
func (s *scan) next() (row Change, found bool) {
	from := -1
	for i, c := range s.layers {
		if top := c.peek(); top != nil && (!found || bytes.Compare(top.Key, row.Key) <= 0) {
			from, row, found = i, *top, true
		}
	}
	if s.valid {
		key := s.entries.Key()[prefixSize:]
		order := -1
		if found {
			order = bytes.Compare(key, row.Key)
		}
		if order < 0 {
			value := s.entries.Value()
			both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
			row, found, from = Change{both[:len(key):len(key)], both[len(key):]}, true, -1
		}
		if order <= 0 {
			s.valid = s.entries.Next()
		}
	}
	for _, c := range s.layers[:from+1] {
		if top := c.peek(); top != nil && bytes.Equal(top.Key, row.Key) {
			c.next++
		}
	}
	return row, found
}

// close lets go of the snapshot, unless the closed store has done so.
func (s *scan) close() {
	for _, c := range s.layers {
		c.close()
	}
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
