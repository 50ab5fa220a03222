package store

import (
	"errors"
	"iter"
)

var (
	// ErrClosed is found in the error of a shard or store that was closed.
	ErrClosed = errors.New("store: closed")
	// ErrOpen is found in the error of opening, or dropping, a shard that is open.
	ErrOpen = errors.New("store: shard is open")
	// ErrNotOpen is found in the error of applying to a shard that is not open.
	ErrNotOpen = errors.New("store: shard is not open")
	// ErrShard is found in the error of a shard number below zero.
	ErrShard = errors.New("store: not a shard number")
	// ErrInUse is found in the error of a directory that another store has.
	ErrInUse = errors.New("store: directory in use")
	// ErrDamaged is found in the error of a directory that cannot be read. It may be deleted: the changelog has it all.
	ErrDamaged = errors.New("store: local state is damaged")
	// ErrNewer is found in the error of a directory that a newer version wrote.
	ErrNewer = errors.New("store: local state was written by a newer version")
)

// Change is one entry of a shard: what it becomes, or what it is. A nil Value deletes; an empty one does not.
type Change struct {
	Key, Value []byte
}

// Batch is what one shard gets of an [Store.Apply].
type Batch struct {
	// Shard must be open.
	Shard int32
	// Changes are applied in their order: the last one of a key counts.
	Changes []Change
	// At is the shard's position after them.
	At Position
}

// Size estimates what a shard holds, without reading it.
type Size struct {
	// Entries is how many, or -1 where only reading them all would tell.
	Entries int64
	// Bytes is what keys, values and their index take in memory or, compressed, on disk. What Pebble has not written
	// to disk yet is not in it.
	Bytes int64
}

// Shard is the local state of one shard. Any number of goroutines may read it while one applies.
type Shard interface {
	// Get finds the value of a key. It must not be modified, and stays as it is whatever is applied later.
	Get(key []byte) (value []byte, found bool, err error)
	// Range yields the entries of [from, to) in ascending order of their bytes; a nil to is the end. It may be used
	// while changes are applied, also from within the loop. Pebble yields a snapshot of the moment when the loop
	// began. Memory yields locked chunks: each entry is of a moment within the loop, keys neither repeat nor go back,
	// and an entry that nobody changes meanwhile is never missed. Yielded bytes must not be modified, and stay as they are.
	Range(from, to []byte) iter.Seq2[Change, error]
	// Apply makes the changes and sets the position: a crash keeps both or neither. It waits while the disk is behind.
	// All changes become visible at one moment, and the position not before them. Apply copies what it keeps: the
	// caller may use the bytes again. Calls for one shard wait for one another.
	Apply(changes []Change, at Position) error
	// Position is that of the last Apply, or false if there was none since the shard began or was wiped.
	Position() (Position, bool)
	// Size estimates what the shard holds.
	Size() (Size, error)
	// Wipe removes all entries and the position.
	Wipe() error
	// Close ends the use of the shard, and keeps its state in the store. Ranges that still run end with ErrClosed.
	Close() error
}

// Store holds the local state of the shards that this node has or had.
type Store interface {
	// Open returns a shard with what the store still has of it. A shard is open once at a time.
	Open(shard int32) (Shard, error)
	// Shards lists the shards that have a position, open or not.
	Shards() (map[int32]Position, error)
	// Apply applies to several open shards at once. A crash keeps all of it or nothing; readers of one shard see its
	// batch as a whole, and may see one shard's before another's.
	Apply(batches ...Batch) error
	// Drop removes what the store has of a shard that is not open.
	Drop(shard int32) error
	// Close ends the store and the shards that are open. Memory is empty then; a directory keeps what was applied.
	Close() error
}
