//go:build synctests

package partitions_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestReadStored reads rows by what they are, and shortens them: a row that is meant no more is not read as it was when it was.
func TestReadStored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		g, balance, err := w.ledger(w.bus, "one")
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, g)()
		w.deposit(3, 2)
		w.awaitHandled()
		w.deposit(1, 1)
		w.awaitHandled()
		read := func(meant func(*bus.Record) bool) map[string]int64 {
			t.Helper()
			stored, err := partitions.ReadStored(t.Context(), w.bus, "ledger", func(r *bus.Record) bool { return balance.Has(*r) && meant(r) })
			if err != nil {
				t.Fatal(err)
			}
			rows, err := balance.Rows(stored.All())
			if err != nil || len(rows) != len(stored) {
				t.Fatalf("%v of %d, %v", rows, len(stored), err)
			}
			return rows
		}
		if two := read(func(r *bus.Record) bool { return bytes.Equal(r.Value, []byte("2")) }); len(two) != 2 || two["a0"] != 0 {
			t.Errorf("%v have a balance of 2", two)
		}
		if all := read(func(r *bus.Record) bool { r.Value = []byte("7"); return true }); len(all) != 3 || all["a0"] != 7 {
			t.Errorf("%v, not all as they were made", all)
		}
		for _, test := range []struct {
			most  int64
			bound error
		}{{3 * 300, nil}, {2 * 256, partitions.ErrStoredTooLarge}} { // three rows, of which some were written twice
			_, err := partitions.ReadStored(partitions.LimitStored(t.Context(), test.most), w.bus, "ledger", func(r *bus.Record) bool { return balance.Has(*r) })
			if !errors.Is(err, test.bound) {
				t.Errorf("with %d bytes: %v", test.most, err)
			}
		}
	})
}
