package count

import (
	"bytes"
	"testing"
	"time"
)

func TestInputRepeats(t *testing.T) {
	t.Parallel()
	first, second, now := newInput(), newInput(), time.Unix(7, 0)
	counts := map[string]uint64{}
	for range 1000 {
		one, other := first.next("t", now), second.next("t", now)
		if !bytes.Equal(one.Key, other.Key) || !bytes.Equal(one.Value, other.Value) || len(one.Value) != valueSize {
			t.Fatalf("%s %x and %s %x", one.Key, one.Value, other.Key, other.Value)
		}
		counts[string(one.Key)]++
	}
	want := expected(1000)
	for key, count := range counts {
		if want[key] != count {
			t.Errorf("key %s: %d of %d", key, want[key], count)
		}
	}
	if len(want) != len(counts) || len(want) < 900 {
		t.Errorf("%d keys of %d", len(want), len(counts))
	}
}
