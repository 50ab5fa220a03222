package store

import (
	"cmp"
	"slices"
)

// commit makes batches, which belong to these shards, visible. A crash keeps all of them or nothing: they are in memory
// together when it is written.
func (d *disk) commit(shards []*diskShard, batches []Batch) error {
	d.turning.RLock()
	defer d.turning.RUnlock()
	locked := slices.SortedFunc(slices.Values(shards), func(a, b *diskShard) int { return cmp.Compare(a.number, b.number) })
	for _, shard := range slices.Compact(locked) { // in order, so that two of these never wait for each other
		shard.writing.Lock()
		defer shard.writing.Unlock()
		if shard.closed.Load() {
			return ErrClosed
		}
	}
	for i, batch := range batches {
		shards[i].take(batch)
	}
	return nil
}

// take makes one batch visible.
func (s *diskShard) take(batch Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.front.rows.bytes()
	s.front.apply(batch)
	s.at.Store(s.front.at)
	s.store.unwritten.grow(s.front.rows.bytes()-before, batch.size())
}

// size is what a changelog has of the batch, about.
func (b Batch) size() int64 {
	size := int64(perBatch)
	for _, change := range b.Changes {
		size += int64(perChange + len(change.Key) + len(change.Value))
	}
	return size
}
