//go:build synctests

package partitions_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/internal/line"
)

// account finds a key of a shard that the node owns, or does not own.
func account(t *testing.T, g *partitions.Group, ours bool) string {
	t.Helper()
	for _, key := range accounts {
		owner, found, err := g.Owner(key)
		if err != nil || !found {
			t.Fatalf("nobody owns %s: %v", key, err)
		}
		if owner.Self == ours {
			return key
		}
	}
	t.Fatal("all accounts are on one node")
	return ""
}

var accounts = []string{"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"}

// TestView reads tables of two nodes at all levels of freshness.
func TestView(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		away := line.New(w.network.DialContext)
		first, second := w.open(), w.open(bus.Dialer(away.Open))
		defer first.Close()
		defer second.Close()
		one, balance, err := w.ledger(first, "one")
		if err != nil {
			t.Fatal(err)
		}
		other, otherBalance, err := w.ledger(second, "two", partitions.Advertise("two:80"))
		if err != nil {
			t.Fatal(err)
		}
		defer start(t, one)()
		stopOther := start(t, other)
		defer stopOther()
		<-time.After(10 * time.Second)
		read := func(g *partitions.Group, table *partitions.Table[string, int64], key string, level ...partitions.Freshness) (n int64, err error) {
			err = g.View(t.Context(), key, func(v *partitions.View) error {
				n, _ = table.Get(v, key)
				for k, sum := range table.Range(v) {
					if k == key && sum != n {
						t.Errorf("Range says %d, and Get says %d", sum, n)
					}
				}
				return nil
			}, level...)
			return n, err
		}
		mine, theirs := account(t, one, true), account(t, one, false)
		for n := range int64(20) { // a committed offset is a handled deposit: Current must see it at once
			w.deposit(len(accounts), 1)
			w.awaitHandled()
			for _, level := range []partitions.Freshness{partitions.Current, partitions.AnyCopy, partitions.Leased} {
				if got, err := read(one, balance, mine, level); err != nil || got > n+1 || level == partitions.Current && got != n+1 {
					t.Errorf("level %d: %d, %v, want %d", level, got, err, n+1)
				}
			}
		}
		_, err = read(one, balance, theirs)
		refused, ok := errors.AsType[*partitions.NotOwnerError](err)
		if !ok || !errors.Is(err, partitions.ErrNotOwner) || refused.Owner.ID != "two" || refused.Owner.Address != "two:80" {
			t.Errorf("a view of another node's shard: %v", err)
		}
		stranger := partitions.NewTable[string, int64]("stranger")
		if _, err := read(one, stranger, mine); err == nil {
			t.Error("a table of another group can be read")
		}
		away.Stall() // what the node cannot know any more, it must not say
		<-time.After(5100 * time.Millisecond)
		if _, err := read(other, otherBalance, theirs, partitions.Leased); !errors.Is(err, partitions.ErrNotOwner) {
			t.Errorf("read under a lease that ran out: %v", err)
		}
		if got, err := read(other, otherBalance, theirs, partitions.AnyCopy); err != nil || got != 20 {
			t.Errorf("any copy: %d, %v", got, err)
		}
		away.Flow()
	})
}
