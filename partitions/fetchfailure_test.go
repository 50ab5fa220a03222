//go:build synctests

package partitions_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/partitions"
)

// TestFetchFails has payloads that are gone, or another tenant's: they are dead letters, and others go on. While the store is away nothing is one.
func TestFetchFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var store bucket
		event := store.deposits(t)
		g := w.bank(w.bus, event, "one")
		defer start(t, g)()
		w.pay(event, small()...)
		w.awaitHandled()
		gone, forged, kept := large("gone"), large("forged"), large("kept")
		for waits(t, g, forged, gone, kept) {
			forged += "x"
		}
		records := w.prepare(event, gone, forged, kept)
		w.lose(&store, records[0])
		store.Away(true)
		for i, h := range records[1].Headers {
			if h.Key == bus.HeaderTenant {
				records[1].Headers[i].Value = []byte("other")
			}
		}
		for _, r := range records {
			publish(t, w.bus, r.Message())
		}
		w.pay(event, small()...)
		<-time.After(time.Hour)
		if err := g.Do(t.Context(), kept, func(*partitions.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
		for _, account := range small() {
			want := int64(2)
			if waits(t, g, account, gone, kept) {
				want = 1
			}
			hold(t, "while the store is away", w.last(), want, account)
		}
		if letters := w.letters(); len(letters) != 1 || !strings.Contains(letters[0].Error, string(claimcheck.CodeForged)) {
			t.Errorf("while the store is away: %+v", letters)
		}
		store.Away(false)
		w.awaitHandled()
		hold(t, "after that", w.last(), 2, small()...)
		hold(t, "after that", w.last(), 1, kept)
		hold(t, "after that", w.last(), 0, gone, forged)
		codes := make(map[string]string)
		for _, letter := range w.letters() {
			if letter.Reason != bus.ReasonUndecodable || letter.Attempts != 1 {
				t.Errorf("%+v", letter)
			}
			codes[string(letter.Record.Key)] = letter.Error
		}
		if len(codes) != 2 || !strings.Contains(codes[gone], string(claimcheck.CodeMissing)) || !strings.Contains(codes[forged], string(claimcheck.CodeForged)) {
			t.Errorf("dead letters: %v", codes)
		}
	})
}

// waits says whether an account is on the shard of one of the others.
func waits(t *testing.T, g *partitions.Group, account string, others ...string) bool {
	t.Helper()
	at, err := g.Shard(account)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(others, func(other string) bool {
		of, err := g.Shard(other)
		return err == nil && of == at
	})
}

// TestFetchParked parks a record, and two behind it, whose payloads are in a store: a redrive fetches them before their transactions, and says where
// it cannot.
func TestFetchParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var store bucket
		event := store.deposits(t)
		g := w.bank(w.bus, event, "one", partitions.OnPoison(partitions.Park))
		defer start(t, g)()
		huge := large("h")
		records := w.prepare(event, huge)
		payload := w.lose(&store, records[0])
		publish(t, w.bus, records[0].Message())
		w.pay(event, huge, huge)
		w.awaitHandled()
		parked, err := g.Parked(t.Context())
		if err != nil || len(parked) != 1 || parked[0].Records != 3 || !strings.Contains(parked[0].First.Error, string(claimcheck.CodeMissing)) {
			t.Fatalf("%+v, %v", parked, err)
		}
		if n, err := g.Redrive(t.Context(), huge); n != 0 || !errors.Is(err, claimcheck.ErrMissing) {
			t.Errorf("redriven %d, %v", n, err)
		}
		store.Away(true)
		if n, err := g.Redrive(t.Context(), huge); n != 0 || !errors.Is(err, claimcheck.ErrAway) {
			t.Errorf("redriven %d, %v", n, err)
		}
		store.Away(false)
		payload()
		store.hang()
		time.AfterFunc(2*time.Second, store.answer)
		if n, err := g.Redrive(t.Context(), huge); n != 3 || err != nil {
			t.Errorf("redriven %d, %v", n, err)
		}
		hold(t, "after that", w.last(), 3, huge)
	})
}
