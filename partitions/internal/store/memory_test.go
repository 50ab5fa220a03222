package store_test

import (
	"math/rand/v2"
	"testing"

	"github.com/millrace/millrace/partitions/internal/store"
)

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := store.Memory()
	shard := openShard(t, s, 0)
	const entries = 20_000
	random := rand.New(rand.NewPCG(1, 2))
	value := make([]byte, 32)
	round := func(i int) store.Size {
		changes := make([]store.Change, 0, entries)
		for range entries {
			changes = append(changes, store.Change{Key: number(random.IntN(entries)), Value: value})
		}
		apply(t, shard, int64(i), changes...)
		size, err := shard.Size()
		if err != nil {
			t.Fatal(err)
		}
		return size
	}
	for i := range 60 {
		size := round(i)
		// 46 bytes a record, half of that dead at most, 8 a reference and 14 in the index, a slab or two.
		if limit := 120*size.Entries + 1<<18; size.Bytes > limit {
			t.Fatalf("round %d: %d bytes for %d entries", i, size.Bytes, size.Entries)
		}
	}
	var gone []store.Change
	for i := range entries {
		gone = append(gone, store.Change{Key: number(i)})
	}
	apply(t, shard, 100, gone...)
	if size, _ := shard.Size(); size.Entries != 0 || size.Bytes > 150_000 { // a slab, and what may be dead in any table
		t.Errorf("empty, and %d entries, %d bytes", size.Entries, size.Bytes)
	}
}

func TestGetAllocatesNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts the whole process
	s := store.Memory()
	shard := openShard(t, s, 0)
	apply(t, shard, 1, put("key", "value"))
	key := []byte("key")
	if allocations := testing.AllocsPerRun(100, func() { shard.Get(key) }); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
