package store_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/millrace/millrace/partitions/internal/store"
)

// written is a closed directory with 2,000 entries in shard 3.
func written(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made", "for it")
	s, err := store.Pebble(dir)
	if err != nil {
		t.Fatal(err)
	}
	var changes []store.Change
	for i := range 2000 {
		changes = append(changes, store.Change{Key: number(i), Value: bytes.Repeat(number(i*i), 8)})
	}
	apply(t, openShard(t, s, 3), 2000, changes...)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDirectoryHasOneOwner(t *testing.T) {
	t.Parallel()
	dir := written(t)
	s, err := store.Pebble(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Pebble(dir); !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second store: %v", err)
	}
	s.Close()
	again, err := store.Pebble(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestDamagedDirectory(t *testing.T) {
	t.Parallel()
	damages := map[string]func(path string, content []byte) error{
		"gone":    func(path string, _ []byte) error { return os.Remove(path) },
		"empty":   func(path string, _ []byte) error { return os.Truncate(path, 0) },
		"half":    func(path string, content []byte) error { return os.Truncate(path, int64(len(content)/2)) },
		"garbled": func(path string, content []byte) error { return os.WriteFile(path, garbled(content), 0o600) },
	}
	for _, file := range []string{"MANIFEST-*", "*.sst"} {
		for name, damage := range damages {
			t.Run(file+" "+name, func(t *testing.T) {
				t.Parallel()
				dir := written(t)
				found, err := filepath.Glob(filepath.Join(dir, file))
				if err != nil || len(found) == 0 {
					t.Fatal(found, err)
				}
				for _, path := range found {
					content, err := os.ReadFile(path)
					if err = errors.Join(err, damage(path, content)); err != nil {
						t.Fatal(err)
					}
				}
				known, entries, err := readThrough(dir)
				if err == nil && !known && entries == 0 && file+name == "MANIFEST-*half" {
					return // what is left of it is of the moment before the first flush, and its position is so too
				}
				if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), dir+" may be deleted") {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

func garbled(content []byte) []byte {
	for i := range content {
		content[i] ^= byte(i%7) + 1
	}
	return content
}

func readThrough(dir string) (known bool, entries int, err error) {
	s, err := store.Pebble(dir)
	if err != nil {
		return false, 0, err
	}
	defer s.Close()
	shard, err := s.Open(3)
	if err != nil {
		return false, 0, err
	}
	_, known = shard.Position()
	for _, err := range shard.Range(nil, nil) {
		if err != nil {
			return known, entries, err
		}
		entries++
	}
	return known, entries, nil
}

func TestNewerDirectory(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(db *pebble.DB) error{
		"format": func(db *pebble.DB) error { return db.Set([]byte("\xff\xff\xff\xfff"), []byte{2}, pebble.Sync) },
		"position": func(db *pebble.DB) error {
			return db.Set([]byte("\xff\xff\xff\xffp\x00\x00\x00\x03"), []byte{2}, pebble.Sync)
		},
		"Pebble format": func(db *pebble.DB) error { return db.RatchetFormatMajorVersion(pebble.FormatNewest) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := written(t)
			db, err := pebble.Open(dir, &pebble.Options{FormatMajorVersion: pebble.FormatTableFormatV6})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(change(db), db.Close()); err != nil {
				t.Fatal(err)
			}
			if _, _, err := readThrough(dir); !errors.Is(err, store.ErrNewer) || errors.Is(err, store.ErrDamaged) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestForeignDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := pebble.Open(dir, &pebble.Options{FormatMajorVersion: pebble.FormatTableFormatV6})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set([]byte("mine"), nil, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Pebble(dir); !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), "something else") {
		t.Errorf("%v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, wrong := range []store.Option{store.Cache(1), store.Memtable(1), store.Memtable(2 << 30), store.Files(2)} {
		if _, err := store.Pebble(t.TempDir(), wrong); err == nil {
			t.Error("a wrong option is taken")
		}
	}
	s, err := store.Pebble(t.TempDir(), store.Cache(1<<20), store.Memtable(1<<20), store.Files(200), store.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}
