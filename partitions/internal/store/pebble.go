package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk keeps shards in a directory. Keys are the shard's number, 4 bytes big-endian, and the entry's key. The highest
// number, which no shard has, is for what the store itself keeps: the format, and the position of each shard.
type disk struct {
	dir  string
	db   *pebble.DB
	lock *pebble.Lock

	gate      sync.RWMutex // held for reading while db is used, for writing to close it
	closed    bool
	mu        sync.Mutex
	open      map[int32]*diskShard
	iterators map[*pebble.Iterator]struct{}

	unwritten *unwritten
	turning   sync.RWMutex // held for reading by an Apply, for writing to begin new layers
	writing   sync.Mutex   // held to write layers, or to remove what was written
	broken    error        // of writing
	closing   atomic.Bool
	stop      chan struct{}
	stopped   chan struct{}
}

const formatVersion = 1

func formatKey() []byte { return []byte("\xff\xff\xff\xfff") }

func positionKey(shard int32) []byte {
	return binary.BigEndian.AppendUint32([]byte("\xff\xff\xff\xffp"), uint32(shard)) //nolint:gosec // not negative
}

// Pebble opens the directory, and makes it where it is missing. It belongs to one store at a time. The error says
// whether it is in use ([ErrInUse]), damaged ([ErrDamaged]) or of a newer version ([ErrNewer]).
//
// An Apply changes tables in memory. When these are full, or a minute old, they become one Pebble batch, which one
// goroutine writes behind; they are not written ahead: the changelog is the log. When the process ends without Close,
// each shard is as after some earlier Apply, position and entries alike, and the restore reads on from there. How far
// back that is says [Memtable]. A Wipe or Drop may be undone likewise. Close of a shard gives Pebble what all shards
// have in memory, Close of the store has it on disk. When writing fails, each further Apply returns that error.
func Pebble(dir string, opts ...Option) (Store, error) {
	s := settings{cache: defaultCache, memtable: defaultMemtable, files: defaultFiles, late: defaultLate}
	for _, opt := range opts {
		opt.applyStore(&s)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	lock, err := takeDirectory(dir)
	if err != nil {
		return nil, err
	}
	if about, err := pebble.Peek(dir, vfs.Default); err == nil && about.Exists && about.FormatMajorVersion > formatMajor {
		return nil, errors.Join(newer(dir, fmt.Sprint("Pebble format ", about.FormatMajorVersion)), lock.Close())
	}
	options, release := s.pebble()
	defer release()
	options.Lock = lock
	db, err := pebble.Open(dir, options)
	if err != nil {
		return nil, errors.Join(unreadable(dir, err), lock.Close())
	}
	d := &disk{
		dir: dir, db: db, lock: lock, open: map[int32]*diskShard{}, iterators: map[*pebble.Iterator]struct{}{},
		unwritten: newUnwritten(s.memtable, s.late), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	if err := d.checkFormat(); err != nil {
		return nil, errors.Join(err, db.Close(), lock.Close())
	}
	go d.keepWriting()
	return d, nil
}

// takeDirectory locks the directory. The kernel lets go of the lock when the process ends, however it ends.
func takeDirectory(dir string) (*pebble.Lock, error) {
	lock, err := pebble.LockDirectory(dir, vfs.Default)
	var path *fs.PathError
	var errno syscall.Errno
	switch {
	case err == nil:
		return lock, nil
	case errors.As(err, &path), errors.As(err, &errno) && errno != syscall.EAGAIN && errno != syscall.EACCES:
		return nil, fmt.Errorf("store: lock %s: %w", dir, err)
	default: // the lock of another process, or of this one
		return nil, fmt.Errorf("%w: %s belongs to a running process; stop it, or give this one another directory", ErrInUse, dir)
	}
}

// checkFormat refuses what a newer version wrote, and marks a new directory.
func (d *disk) checkFormat() error {
	value, closer, err := d.db.Get(formatKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return d.markFormat()
	}
	if err != nil {
		return unreadable(d.dir, err)
	}
	defer closer.Close() //nolint:errcheck // nothing is written by it
	switch {
	case len(value) != 1:
		return unreadable(d.dir, errors.New("no format version"))
	case value[0] > formatVersion:
		return newer(d.dir, fmt.Sprint("format ", value[0]))
	}
	return nil
}

func (d *disk) markFormat() error {
	entries, err := d.db.NewIter(nil)
	if err != nil {
		return unreadable(d.dir, err)
	}
	used := entries.First()
	if err := entries.Close(); err != nil {
		return unreadable(d.dir, err)
	}
	if used {
		return unreadable(d.dir, errors.New("something else is in it"))
	}
	if err := d.db.Set(formatKey(), []byte{formatVersion}, pebble.NoSync); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

func newer(dir, what string) error {
	return fmt.Errorf("%w: %s has %s; deploy that version again, or delete the directory: the changelog restores it",
		ErrNewer, dir, what)
}

// unreadable tells a damaged directory from one that this process may not or cannot read.
func unreadable(dir string, err error) error {
	for _, cause := range []error{fs.ErrPermission, syscall.ENOSPC, syscall.EMFILE, syscall.ENFILE, syscall.EROFS} {
		if errors.Is(err, cause) {
			return fmt.Errorf("store: %s: %w", dir, err)
		}
	}
	return fmt.Errorf("%w: %s may be deleted, the changelog restores it: %w", ErrDamaged, dir, err)
}

// failed is the error of an operation on the open database.
func (d *disk) failed(err error) error {
	if pebble.IsCorruptionError(err) {
		return unreadable(d.dir, err)
	}
	return fmt.Errorf("store: %s: %w", d.dir, err)
}
