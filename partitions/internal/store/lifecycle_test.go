package store_test

import (
	"errors"
	"testing"

	"github.com/millrace/millrace/partitions/internal/store"
)

func TestLifecycle(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s store.Store) {
		t.Helper()
		is := func(err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		_, err := s.Open(-1)
		is(err, store.ErrShard)
		shard := openShard(t, s, 7)
		_, err = s.Open(7)
		is(err, store.ErrOpen)
		is(s.Drop(7), store.ErrOpen)
		is(s.Apply(store.Batch{Shard: 7, Changes: []store.Change{put("a", "1")}}, store.Batch{Shard: 8}), store.ErrNotOpen)
		if _, known := shard.Position(); known {
			t.Error("a refused Apply was made in part")
		}
		apply(t, shard, 5, put("a", "1"), put("b", "2"))
		other := openShard(t, s, 8)
		apply(t, other, 6, put("a", "of another"))
		for _, err := range shard.Range(nil, nil) {
			if err == nil {
				is(shard.Close(), nil) // within the loop
				continue
			}
			is(err, store.ErrClosed)
		}
		_, _, err = shard.Get([]byte("a"))
		is(err, store.ErrClosed)
		is(shard.Apply(nil, at(9)), store.ErrClosed)
		is(shard.Wipe(), store.ErrClosed)
		is(shard.Close(), store.ErrClosed)
		_, err = shard.Size()
		is(err, store.ErrClosed)
		if listed, err := s.Shards(); err != nil || len(listed) != 2 || listed[7] != at(5) {
			t.Errorf("%v, %v", listed, err)
		}
		is(s.Drop(7), nil)
		shard = openShard(t, s, 7)
		if value, found := get(t, shard, "a"); found {
			t.Errorf("dropped, and there: %q", value)
		}
		if value, _ := get(t, other, "a"); value != "of another" {
			t.Errorf("another shard was dropped too: %q", value)
		}
		is(s.Close(), nil)
		_, err = s.Open(7)
		is(err, store.ErrClosed)
		_, _, err = shard.Get([]byte("a"))
		is(err, store.ErrClosed)
		for _, err := range other.Range(nil, nil) {
			is(err, store.ErrClosed)
		}
		is(other.Apply(nil, at(9)), store.ErrClosed)
		is(s.Apply(store.Batch{Shard: 7}), store.ErrClosed)
		is(s.Drop(7), store.ErrClosed)
		_, err = s.Shards()
		is(err, store.ErrClosed)
	})
}
