package store_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/millrace/millrace/partitions/internal/store"
)

// beside runs read over and over, in several goroutines, while write runs.
func beside(write func(), read func()) {
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				read()
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	write()
	close(done)
	readers.Wait()
}

func TestRangeWhileApplying(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s store.Store) {
		t.Helper()
		shard := openShard(t, s, 4)
		var stays []store.Change
		for i := range 3000 {
			stays = append(stays, put(fmt.Sprintf("stays%05d", i*7), "x"))
		}
		apply(t, shard, 1, stays...)
		beside(func() {
			for round := range 40 {
				var changes []store.Change
				for i := range 500 {
					key := fmt.Sprintf("stays%05d", (i*31+round)%21000/7*7+1+round%6)
					changes = append(changes, store.Change{Key: []byte(key), Value: [][]byte{nil, []byte("y")}[(i+round)%2]})
				}
				apply(t, shard, int64(round+2), changes...)
			}
		}, func() {
			found := 0
			var before []byte
			for entry, err := range shard.Range([]byte("stays"), []byte("stayt")) {
				if err != nil || bytes.Compare(entry.Key, before) <= 0 {
					t.Errorf("%q after %q, %v", entry.Key, before, err)
					return
				}
				if before = entry.Key; string(entry.Value) == "x" {
					found++
				}
			}
			if found != len(stays) {
				t.Errorf("found %d of %d", found, len(stays))
			}
		})
	})
}

func TestReadersSeeWholeBatches(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s store.Store) {
		t.Helper()
		shard := openShard(t, s, 4)
		const width = 50
		write := func(round uint64) {
			value := binary.BigEndian.AppendUint64(nil, round)
			var changes []store.Change
			for i := range width {
				changes = append(changes, store.Change{Key: number(i), Value: value})
			}
			apply(t, shard, int64(round), changes...)
		}
		write(1)
		beside(func() {
			for round := range uint64(300) {
				write(round + 2)
			}
		}, func() {
			// Reads follow one another, so a later one never sees an older batch; nor does a position.
			var seen uint64
			for i := range width {
				value, _, err := shard.Get(number(i * 17 % width))
				if err != nil || len(value) != 8 || binary.BigEndian.Uint64(value) < seen {
					t.Errorf("value %x after round %d, %v", value, seen, err)
					return
				}
				seen = binary.BigEndian.Uint64(value)
			}
			position, _ := shard.Position()
			if value, _, _ := shard.Get(number(3)); binary.BigEndian.Uint64(value) < uint64(position.Next) {
				t.Errorf("position %d before its batch, %x", position.Next, value)
			}
			if uint64(position.Next) < seen-min(1, seen) {
				t.Errorf("position %d long after batch %d", position.Next, seen)
			}
		})
	})
}

func TestBytesAreNobodyElses(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s store.Store) {
		t.Helper()
		shard := openShard(t, s, 4)
		mine := put("key", "first")
		apply(t, shard, 1, mine)
		copy(mine.Key, "???")
		copy(mine.Value, "?????")
		read, found, err := shard.Get([]byte("key"))
		if err != nil || !found || string(read) != "first" {
			t.Fatalf("%q, %v, %v", read, found, err)
		}
		var ranged store.Change
		for entry := range shard.Range(nil, nil) {
			ranged = entry
		}
		for i := range 20_000 {
			apply(t, shard, int64(i), put("key", fmt.Sprint("later", i)), put(fmt.Sprint("other", i%100), "value"))
		}
		if string(read) != "first" || string(ranged.Key) != "key" || string(ranged.Value) != "first" {
			t.Errorf("%q, %q, %q", read, ranged.Key, ranged.Value)
		}
		if _ = append(read, "overwritten"...); func() bool { value, _ := get(t, shard, "key"); return value != "later19999" }() {
			t.Error("an append went into the store")
		}
	})
}
