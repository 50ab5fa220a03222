package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"

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
	d.mu.Lock()
	open := maps.Clone(d.open)
	d.mu.Unlock()
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
	for number, shard := range open {
		if position, known := shard.Position(); known {
			at[number] = position
		}
	}
	return at, nil
}

func (d *disk) Apply(batches ...Batch) error {
	if err := d.unwritten.admit(); err != nil {
		return err
	}
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
	return d.forget(shard)
}

func (d *disk) Close() error {
	if d.closing.Swap(true) {
		return ErrClosed
	}
	d.unwritten.end(ErrClosed)
	close(d.stop)
	<-d.stopped
	d.gate.Lock()
	defer d.gate.Unlock()
	d.closed = true
	errs := []error{d.writeOut()}
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
