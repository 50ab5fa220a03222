package store

import (
	"errors"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"
)

// keepWriting writes what was applied whenever there is enough of it, and waits until it is in a file: meanwhile as
// much again may be applied.
func (d *disk) keepWriting() {
	defer close(d.stopped)
	for {
		select {
		case <-d.stop:
			return
		case <-d.unwritten.due:
		case <-d.unwritten.late.C:
		}
		if d.writeOut() != nil {
			return // whoever applies next is told
		}
		flushed, err := d.db.AsyncFlush()
		if err != nil {
			d.unwritten.end(d.failed(err))
			return
		}
		select {
		case <-d.stop:
			return
		case <-flushed:
		}
	}
}

// writeOut gives Pebble all that was applied before it, as one batch.
func (d *disk) writeOut() error {
	d.writing.Lock()
	defer d.writing.Unlock()
	if d.broken != nil {
		return d.broken
	}
	shards := d.turn()
	if len(shards) == 0 {
		return nil
	}
	if err := d.write(shards); err != nil {
		d.broken = d.failed(err)
		d.unwritten.end(d.broken)
		return d.broken
	}
	for _, shard := range shards {
		shard.mu.Lock()
		shard.old.written = true
		shard.mu.Unlock()
	}
	return nil
}

// turn begins a new layer in each shard, and returns the shards whose old one has something to write. A layer that is
// written already is let go of.
func (d *disk) turn() (changed []*diskShard) {
	d.mu.Lock()
	open := slices.Collect(maps.Values(d.open))
	d.mu.Unlock()
	d.turning.Lock()
	defer d.turning.Unlock()
	for _, shard := range open {
		shard.mu.Lock()
		if shard.old = shard.front; shard.old.at != nil {
			changed = append(changed, shard)
		}
		shard.front = newLayer()
		shard.mu.Unlock()
	}
	d.unwritten.reset()
	return changed
}

func (d *disk) write(shards []*diskShard) error {
	size := 0
	for _, shard := range shards {
		size += shard.old.size()
	}
	batch := d.db.NewBatchWithSize(size)
	defer batch.Close() //nolint:errcheck // it was committed, or is given up
	for _, shard := range shards {
		if err := shard.old.write(batch, shard.number); err != nil {
			return err
		}
	}
	return d.db.Apply(batch, pebble.NoSync) //nolint:wrapcheck // the caller does
}

// forget removes what Pebble has of a shard.
func (d *disk) forget(shard int32) error {
	batch := d.db.NewBatch()
	defer batch.Close() //nolint:errcheck // it was committed, or is given up
	start, end := bounds(shard)
	err := errors.Join(batch.DeleteRange(start, end, nil), batch.Delete(positionKey(shard), nil), d.db.Apply(batch, pebble.NoSync))
	if err != nil {
		return d.failed(err)
	}
	return nil
}
