package store_test

import (
	"slices"
	"testing"

	"github.com/millrace/millrace/partitions/internal/store"
)

// TestEmptied empties shards and writes to them again until what was there before is cleared away.
func TestEmptied(t *testing.T) {
	t.Parallel()
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open, _ := kind(t)
			kept := open()
			defer func() { _ = kept.Close() }()
			shard := openShard(t, kept, 0)
			value := make([]byte, 100)
			for round := range 3 {
				var changes []store.Change
				for i := range 2000 {
					changes = append(changes, store.Change{Key: number(i), Value: value})
				}
				for i := range 2000 {
					changes = append(changes, store.Change{Key: number(i)})
				}
				for i := range 2000 { // some that stay, so that there is little alive everywhere
					changes = append(changes, store.Change{Key: number(10_000 + i), Value: value})
					for range 3 {
						changes = append(changes, store.Change{Key: number(i % 7), Value: value})
					}
				}
				for part := range slices.Chunk(changes, 100) {
					apply(t, shard, int64(round), part...)
				}
				var gone []store.Change
				for i := range 12_000 {
					got, found, err := shard.Get(number(i))
					if want := i < 7 || i >= 10_000; err != nil || found != want || found && len(got) != len(value) {
						t.Fatalf("%d: %d bytes, %v, %v", i, len(got), found, err)
					}
					gone = append(gone, store.Change{Key: number(i)})
				}
				apply(t, shard, int64(round), gone...)
			}
		})
	}
}
