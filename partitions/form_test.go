//go:build synctests

package partitions_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

type amount struct {
	Cents    int64  `json:"cents"`
	Currency string `json:"currency,omitempty"`
}

// sums runs a group that adds deposits up in a table of amounts until f returns, and returns what Run returned.
func (w *world) sums(t *testing.T, f func(*partitions.Group, *partitions.Table[string, amount]), opts ...partitions.TableOption) error {
	t.Helper()
	sums := partitions.NewTable[string, amount]("sums", opts...)
	g, err := partitions.New(w.bus, "ledger", partitions.Use(sums), partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
		v, _ := sums.Get(tx, d.Account)
		v.Cents += d.Cents
		sums.Put(tx, d.Account, v)
		tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v.Cents}))
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { ended <- g.Run(ctx) }()
	if f != nil {
		f(g, sums)
		stop()
	}
	return <-ended
}

func read(t *testing.T, g *partitions.Group, sums *partitions.Table[string, amount], key string) (v amount, found bool, rows int) {
	t.Helper()
	err := g.View(t.Context(), key, func(view *partitions.View) error {
		v, found = sums.Get(view, key)
		for range sums.Range(view) {
			rows++
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return v, found, rows
}

// TestStoredVersions upgrades values that older code has stored, and stops at those of newer code.
func TestStoredVersions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		put := func(*partitions.Group, *partitions.Table[string, amount]) {
			publish(t, w.bus, deposited.New(deposit{"x", 1}))
			w.awaitHandled()
		}
		if err := w.sums(t, put); err != nil {
			t.Fatal(err)
		}
		upgrade := func(from int, stored []byte) ([]byte, error) {
			return bytes.Replace(stored, []byte(`}`), fmt.Appendf(nil, `,"currency":"v%d"}`, from), 1), nil
		}
		err := w.sums(t, func(g *partitions.Group, sums *partitions.Table[string, amount]) {
			publish(t, w.bus, deposited.New(deposit{"y", 1}))
			w.awaitHandled()
			if v, found, rows := read(t, g, sums, "x"); !found || v != (amount{1, "v0"}) || rows == 0 {
				t.Errorf("%+v, %t, %d rows", v, found, rows)
			}
			put(g, sums)
			if v, _, _ := read(t, g, sums, "x"); v != (amount{2, "v0"}) {
				t.Errorf("put anew: %+v", v)
			}
		}, partitions.Versioned(1, upgrade))
		if err != nil {
			t.Fatal(err)
		}
		err = w.sums(t, func(g *partitions.Group, sums *partitions.Table[string, amount]) {
			put(g, sums)
			if v, _, _ := read(t, g, sums, "y"); v != (amount{1, "v1"}) {
				t.Errorf("version 2: %+v", v)
			}
		}, partitions.Versioned(2, upgrade))
		if err != nil {
			t.Fatal(err)
		}
		publish(t, w.bus, deposited.New(deposit{"x", 1}))
		err = w.sums(t, nil, partitions.Versioned(1, upgrade))
		if err == nil || !strings.Contains(err.Error(), "stored in version 2") {
			t.Errorf("a newer value: %v", err)
		}
		broken := func(int, []byte) ([]byte, error) { return nil, errors.New("no way") }
		if err = w.sums(t, nil, partitions.Versioned(3, broken)); err == nil || !strings.Contains(err.Error(), "no way") {
			t.Errorf("an upgrade that fails: %v", err)
		}
		for letter, err := range w.bus.DeadLetters(t.Context(), "ledger") {
			t.Errorf("a record was given up for what is stored: %v, %v", letter.Error, err)
		}
	})
}

// TestTTL lets rows expire for readers, and gives their space back.
func TestTTL(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		err := w.sums(t, func(g *partitions.Group, sums *partitions.Table[string, amount]) {
			publish(t, w.bus, deposited.New(deposit{"x", 1}))
			w.awaitHandled()
			<-time.After(8 * time.Second)
			if v, found, rows := read(t, g, sums, "x"); !found || rows != 1 || v.Cents != 1 {
				t.Errorf("before: %+v, %t, %d rows", v, found, rows)
			}
			<-time.After(3 * time.Second)
			if _, found, rows := read(t, g, sums, "x"); found || rows != 0 {
				t.Errorf("after: %t, %d rows", found, rows)
			}
			var many []bus.Message // more than are removed at once
			for i := range 2500 {
				many = append(many, deposited.New(deposit{fmt.Sprintf("many-%d", i), 1}))
			}
			publish(t, w.bus, append(many, deposited.New(deposit{"y", 1}), deposited.New(deposit{"x", 5}))...)
			w.awaitHandled()
			if v, _, _ := read(t, g, sums, "x"); v.Cents != 5 {
				t.Errorf("an expired row was added to: %+v", v)
			}
			<-time.After(2 * time.Minute)
		}, partitions.TTL(10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		deleted := make(map[string]bool)
		for record, err := range w.bus.Read(t.Context(), "ledger.changelog", bus.Earliest, bus.UntilEnd()) {
			if err != nil {
				t.Fatal(err)
			}
			deleted[string(record.Key)] = record.Value == nil
		}
		left := 0
		for key, gone := range deleted {
			if strings.HasPrefix(key, "sums/") && !gone {
				left++
			}
		}
		if left > 0 || !deleted["sums/x"] || !deleted["sums/many-2499"] {
			t.Errorf("%d expired rows stay in the changelog", left)
		}
	})
}
