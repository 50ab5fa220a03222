package store_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/internal/store"
)

// kinds are the stores that every conformance test runs on: each opens again what it was closed with, if it keeps that.
var kinds = map[string]func(t testing.TB) (open func() store.Store, keeps bool){
	"Memory":          func(testing.TB) (func() store.Store, bool) { return store.Memory, false },
	"Pebble":          onDisk(),
	"Pebble, at once": onDisk(store.Late(time.Microsecond)), // so that it is written in between
}

func onDisk(opts ...store.Option) func(t testing.TB) (open func() store.Store, keeps bool) {
	return func(t testing.TB) (func() store.Store, bool) {
		t.Helper()
		dir := t.TempDir()
		return func() store.Store {
			s, err := store.Pebble(dir, opts...)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}, true
	}
}

// onEach runs a test on a fresh store of each kind.
func onEach(t *testing.T, test func(t *testing.T, s store.Store)) {
	t.Helper()
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, _ := kind(t)
			s := open()
			t.Cleanup(func() { s.Close() })
			test(t, s)
		})
	}
}

func openShard(t testing.TB, s store.Store, number int32) store.Shard {
	t.Helper()
	shard, err := s.Open(number)
	if err != nil {
		t.Fatal(err)
	}
	return shard
}

func apply(t testing.TB, shard store.Shard, next int64, changes ...store.Change) {
	t.Helper()
	if err := shard.Apply(changes, at(next)); err != nil {
		t.Fatal(err)
	}
}

func at(next int64) store.Position {
	return store.Position{Next: next, Epoch: 3, Token: next - 1, Topic: [16]byte{1, 2, 15: 9}, Written: time.Unix(next, 5).UTC()}
}

func put(key, value string) store.Change { return store.Change{Key: []byte(key), Value: []byte(value)} }

func number(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

func get(t testing.TB, shard store.Shard, key string) (string, bool) {
	t.Helper()
	value, found, err := shard.Get([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	return string(value), found
}
