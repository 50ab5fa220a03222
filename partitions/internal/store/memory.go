package store

import (
	"fmt"
	"maps"
	"sync"
)

// memory keeps shards in this process.
type memory struct {
	mu     sync.Mutex
	states map[int32]*state
	open   map[int32]*memoryShard
	closed bool
}

// Memory returns a store whose state ends with it. Reading and updating is a hash map's work; what keeps the keys in
// order is made by the first Range of a shard, and from then on touched when keys come or go. An entry takes about 35
// bytes beside its key and value: 8 for its place, 9 to 18 in the hash index, 6 to 14 of record header, 6 in the order
// once there is one, and half of a record on average that is dead and waits for compaction.
func Memory() Store {
	return &memory{states: map[int32]*state{}, open: map[int32]*memoryShard{}}
}

func (m *memory) Open(shard int32) (Shard, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return nil, ErrClosed
	case shard < 0:
		return nil, fmt.Errorf("%w: %d", ErrShard, shard)
	case m.open[shard] != nil:
		return nil, fmt.Errorf("%w: %d", ErrOpen, shard)
	case m.states[shard] == nil:
		m.states[shard] = &state{table: newTable()}
	}
	opened := &memoryShard{store: m, number: shard, state: m.states[shard]}
	m.open[shard] = opened
	return opened, nil
}

func (m *memory) Shards() (map[int32]Position, error) {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil, ErrClosed
	}
	states := maps.Clone(m.states)
	m.mu.Unlock()
	at := map[int32]Position{}
	for shard, state := range states {
		if position, ok := state.at(); ok {
			at[shard] = position
		}
	}
	return at, nil
}

func (m *memory) Apply(batches ...Batch) error {
	shards := make([]*memoryShard, len(batches))
	m.mu.Lock()
	for i, batch := range batches {
		shards[i] = m.open[batch.Shard]
	}
	closed := m.closed
	m.mu.Unlock()
	if closed {
		return ErrClosed
	}
	for i, shard := range shards {
		if shard == nil {
			return fmt.Errorf("%w: %d", ErrNotOpen, batches[i].Shard)
		}
	}
	for i, shard := range shards {
		if err := shard.Apply(batches[i].Changes, batches[i].At); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Drop(shard int32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	if m.open[shard] != nil {
		return fmt.Errorf("%w: %d", ErrOpen, shard)
	}
	delete(m.states, shard)
	return nil
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, shard := range m.open {
		shard.closed.Store(true)
	}
	m.closed = true
	m.states, m.open = nil, nil
	return nil
}

// release forgets an open shard.
func (m *memory) release(shard *memoryShard) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open[shard.number] == shard {
		delete(m.open, shard.number)
	}
}
