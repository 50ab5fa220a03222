//go:build synctests

package partitions_test

import (
	"errors"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// TestReset erases a group's state and lets the group build it again, from the beginning and then from the end.
func TestReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var closed atomic.Bool
		closed.Store(true)
		fired := 0
		sleep := partitions.NewTimer("sleep", func(*partitions.Tx, string) error { fired++; return nil })
		balance := partitions.NewTable[string, int64]("balance")
		g, err := partitions.New(w.bus, "ledger", partitions.Use(balance, sleep), partitions.OnPoison(partitions.Park),
			partitions.On(deposited, func(tx *partitions.Tx, d deposit) error {
				v, _ := balance.Get(tx, d.Account)
				balance.Put(tx, d.Account, v+d.Cents)
				tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents, Token: tx.Token()}))
				if closed.Load() {
					sleep.After(tx, time.Minute, d.Account)
				}
				if d.Cents < 0 && closed.Load() {
					return errors.New("closed")
				}
				return nil
			}))
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, g)
		publish(t, w.bus, deposited.New(deposit{"x", 10}), deposited.New(deposit{"y", 1}), deposited.New(deposit{"x", -3}),
			deposited.New(deposit{"x", 20}))
		w.awaitHandled()
		if _, err := partitions.Reset(t.Context(), w.bus, "ledger"); !errors.Is(err, partitions.ErrMembers) {
			t.Errorf("with a member: %v", err)
		}
		stop()
		want := partitions.Erased{
			Changelog: "ledger.changelog", Inputs: []bus.Topic{"deposits"}, Rows: 2, Timers: 2, Parked: 2, Records: 2 + 2*2 + 2 + 1,
		}
		for range 2 { // a dry run changes nothing
			erased, err := partitions.Reset(t.Context(), w.bus, "ledger", partitions.ResetDryRun())
			if err != nil || !reflect.DeepEqual(erased, want) {
				t.Errorf("would erase %+v, %v, want %+v", erased, err, want)
			}
		}
		progress := 0
		erased, err := partitions.Reset(t.Context(), w.bus, "ledger", partitions.ResetProgress(func(records int) { progress = records }))
		if err != nil || !reflect.DeepEqual(erased, want) || progress != want.Records {
			t.Errorf("erased %+v with %d records, %v, want %+v", erased, progress, err, want)
		}
		before := w.balances(2)

		closed.Store(false)
		stop = start(t, g)
		w.awaitHandled()
		if got := w.rows(balance); got["x"] != 27 || got["y"] != 1 {
			t.Errorf("built again: %v", got)
		}
		<-time.After(2 * time.Minute)
		if parked, err := g.Parked(t.Context()); len(parked) != 0 || err != nil || fired != 0 {
			t.Errorf("%d timers have fired, and parked are %+v, %v", fired, parked, err)
		}
		stop()
		if now := w.balances(len(before) + 4); len(now["x"]) < 3 {
			t.Errorf("emitted %v", now)
		}

		w.forgetOffsets()
		if _, err := partitions.Reset(t.Context(), w.bus, "ledger"); !errors.Is(err, partitions.ErrOffsets) {
			t.Errorf("without offsets, and no inputs given: %v", err)
		}
		_, err = partitions.Reset(t.Context(), w.bus, "ledger", partitions.ResetInputs("deposits"), partitions.ResetFrom(bus.Latest))
		if err != nil {
			t.Fatal(err)
		}
		stop = start(t, g)
		defer stop()
		publish(t, w.bus, deposited.New(deposit{"x", 5}))
		w.awaitHandled()
		if got := w.rows(balance); len(got) != 1 || got["x"] != 5 {
			t.Errorf("built from the end: %v", got)
		}
	})
}

// rows are a table's, as the changelog has them.
func (w *world) rows(table *partitions.Table[string, int64]) map[string]int64 {
	w.t.Helper()
	rows, err := table.Rows(w.bus.Read(w.t.Context(), "ledger.changelog", bus.Earliest, bus.UntilEnd()))
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// forgetOffsets does what brokers do with groups that have been empty for long.
func (w *world) forgetOffsets() {
	w.t.Helper()
	client, err := w.bus.Client()
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).DeleteGroups(w.t.Context(), "ledger"); err != nil {
		w.t.Fatal(err)
	}
}

// TestResetOnDisk lets a node that has kept state on disk find it erased, and its tokens go on.
func TestResetOnDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.end()
	g, balance, err := w.ledger(w.bus, "one", partitions.OnDisk(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	last := int64(-1)
	for n := 1; n < 3; n++ {
		stop := start(t, g)
		w.deposit(len(accounts), 1)
		w.follow(len(accounts), 1)
		w.awaitHandled()
		err := g.Do(t.Context(), accounts[0], func(tx *partitions.Tx) error {
			if tx.Token() <= last {
				t.Errorf("the token %d follows %d", tx.Token(), last)
			}
			last = tx.Token()
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if got := w.rows(balance); got[accounts[0]] != 1 {
			t.Errorf("run %d: %v", n, got)
		}
		stop()
		if _, err := partitions.Reset(t.Context(), w.bus, "ledger", partitions.ResetFrom(bus.Latest)); err != nil {
			t.Fatal(err)
		}
	}
}
