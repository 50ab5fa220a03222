package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// enter must be followed by d.gate.RUnlock unless it fails.
func (d *disk) enter() error {
	d.gate.RLock()
	if d.closed {
		d.gate.RUnlock()
		return ErrClosed
	}
	return nil
}

func (d *disk) Open(shard int32) (Shard, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.gate.RUnlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if shard < 0 {
		return nil, fmt.Errorf("%w: %d", ErrShard, shard)
	}
	if d.open[shard] != nil {
		return nil, fmt.Errorf("%w: %d", ErrOpen, shard)
	}
	s := newDiskShard(d, shard)
	value, closer, err := d.db.Get(positionKey(shard))
	if err == nil {
		var position Position
		position, err = parsePosition(value)
		s.at.Store(&position)
		err = errors.Join(err, closer.Close())
	}
	if err != nil && !errors.Is(err, pebble.ErrNotFound) {
		return nil, d.failed(err)
	}
	d.open[shard] = s
	return s, nil
}

func (d *disk) Shards() (map[int32]Position, error) {
	if err := d.enter(); err != nil {
		return nil, err
	}
	defer d.gate.RUnlock()
	entries, err := d.db.NewIter(&pebble.IterOptions{LowerBound: positionKey(0)})
	if err != nil {
		return nil, d.failed(err)
	}
	at := map[int32]Position{}
	var errs []error
	for ok := entries.First(); ok; ok = entries.Next() {
		position, err := parsePosition(entries.Value())
		errs = append(errs, err)
		at[int32(binary.BigEndian.Uint32(entries.Key()[len(positionKey(0))-4:]))] = position //nolint:gosec // written by positionKey
	}
	if err := errors.Join(append(errs, entries.Close())...); err != nil {
		return nil, d.failed(err)
	}
	return at, nil
}

func (d *disk) Apply(batches ...Batch) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.gate.RUnlock()
	shards := make([]*diskShard, len(batches))
	d.mu.Lock()
	for i, batch := range batches {
		shards[i] = d.open[batch.Shard]
	}
	d.mu.Unlock()
	for i, shard := range shards {
		if shard == nil {
			return fmt.Errorf("%w: %d", ErrNotOpen, batches[i].Shard)
		}
	}
	return d.commit(shards, batches)
}

// commit makes one Pebble batch of several of ours, which belong to these shards.
func (d *disk) commit(shards []*diskShard, batches []Batch) error {
	locked := slices.SortedFunc(slices.Values(shards), func(a, b *diskShard) int { return cmp.Compare(a.number, b.number) })
	for _, shard := range slices.Compact(locked) { // in order, so that two of these never wait for each other
		shard.writing.Lock()
		defer shard.writing.Unlock()
		if shard.closed.Load() {
			return ErrClosed
		}
	}
	size := 0
	for _, batch := range batches {
		size += perBatch
		for _, change := range batch.Changes {
			size += perChange + len(change.Key) + len(change.Value)
		}
	}
	written := d.db.NewBatchWithSize(size)
	defer written.Close() //nolint:errcheck // it was committed, or is given up
	for i, batch := range batches {
		if err := shards[i].write(written, batch); err != nil {
			return d.failed(err)
		}
	}
	if err := d.db.Apply(written, pebble.NoSync); err != nil {
		return d.failed(err)
	}
	for i, batch := range batches {
		position := batch.At.plain()
		shards[i].at.Store(&position)
	}
	return nil
}

// What a Pebble batch takes beside keys and values: kind, two lengths and our prefix; a header and the position.
const (
	perChange = 1 + 2*binary.MaxVarintLen32 + prefixSize
	perBatch  = 128
)

// forget adds the removal of a shard to a batch.
func forget(written *pebble.Batch, shard int32) error {
	start, end := bounds(shard)
	return errors.Join(written.DeleteRange(start, end, nil), written.Delete(positionKey(shard), nil))
}

func (d *disk) Drop(shard int32) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.gate.RUnlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case shard < 0:
		return fmt.Errorf("%w: %d", ErrShard, shard)
	case d.open[shard] != nil:
		return fmt.Errorf("%w: %d", ErrOpen, shard)
	}
	written := d.db.NewBatch()
	defer written.Close() //nolint:errcheck // it was committed, or is given up
	if err := errors.Join(forget(written, shard), d.db.Apply(written, pebble.NoSync)); err != nil {
		return d.failed(err)
	}
	return nil
}

func (d *disk) Close() error {
	d.gate.Lock()
	defer d.gate.Unlock()
	if d.closed {
		return ErrClosed
	}
	d.closed = true
	var errs []error
	for _, shard := range d.open {
		shard.closed.Store(true)
	}
	for entries := range d.iterators {
		errs = append(errs, entries.Close())
	}
	errs = append(errs, d.db.Flush(), d.db.Close(), d.lock.Close())
	if err := errors.Join(errs...); err != nil {
		return d.failed(err)
	}
	return nil
}
