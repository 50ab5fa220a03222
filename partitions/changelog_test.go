package partitions_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

func TestRows(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	read := func(end error, pairs ...string) func(func(bus.Record, error) bool) {
		return func(yield func(bus.Record, error) bool) {
			for i := 0; i < len(pairs); i += 2 {
				r := bus.Record{Key: []byte(pairs[i])}
				if pairs[i+1] != "" {
					r.Value = []byte(pairs[i+1])
				}
				if !yield(r, nil) {
					return
				}
			}
			if end != nil {
				yield(bus.Record{}, end)
			}
		}
	}
	balance := partitions.NewTable[string, int]("balance")
	rows, err := balance.Rows(read(nil, "!claim", "{}", "balance/a", "1", "balances/a", "7", "balance/b", "2", "balance/a", "3", "balance/b", ""))
	if err != nil || !maps.Equal(rows, map[string]int{"a": 3}) {
		t.Errorf("rows %v, %v: want a with its last value, and b deleted", rows, err)
	}
	aging := partitions.NewTable[string, int]("balance", partitions.TTL(time.Hour),
		partitions.Versioned(1, func(_ int, stored []byte) ([]byte, error) { return append(stored, '0'), nil }))
	rows, err = aging.Rows(read(nil, "balance/old", "1", "balance/new", "\x00M\x01\x002", "balance/gone", "\x00M\x01\x013"))
	if err != nil || !maps.Equal(rows, map[string]int{"old": 10, "new": 2}) {
		t.Errorf("rows %v, %v: want one upgraded, one as it is, and none that has expired", rows, err)
	}
	for key, own := range map[string]bool{"balance/a": true, "balances/a": false, "!claim": false} {
		if balance.Has(bus.Record{Key: []byte(key)}) != own {
			t.Errorf("Has %s is not %t", key, own)
		}
	}
	if _, err := balance.Rows(read(lost, "balance/a", "1")); !errors.Is(err, lost) {
		t.Errorf("%v, want the reading's error", err)
	}
	if _, err := balance.Rows(read(nil, "balance/a", "x")); err == nil {
		t.Error("a value that cannot be read is no error")
	}
	if _, err := partitions.NewTable[int, int]("numbers").Rows(read(nil, "numbers/1", "1")); err == nil {
		t.Error("a key that cannot be read is no error")
	}
	if _, err := partitions.NewTable[string, int]("A b").Rows(read(nil)); err == nil {
		t.Error("a wrong definition is no error")
	}
}
