//go:build synctests

package partitions_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/partitions"
)

// small are accounts on all shards.
func small() (accounts []string) {
	for i := range 4 * shards {
		accounts = append(accounts, "a"+strconv.Itoa(i))
	}
	return accounts
}

// apart tells the accounts of the key's shard from others.
func apart(t *testing.T, g *partitions.Group, key string) (with, without []string) {
	t.Helper()
	at, err := g.Shard(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range small() {
		if of, err := g.Shard(account); err != nil {
			t.Fatal(err)
		} else if of == at {
			with = append(with, account)
		} else {
			without = append(without, account)
		}
	}
	return with, without
}

func hold(t *testing.T, when string, balances map[string]int64, want int64, accounts ...string) {
	t.Helper()
	for _, account := range accounts {
		if balances[account] != want {
			t.Errorf("%s, the account %s is at %d, want %d", when, account, balances[account], want)
		}
	}
}

// TestFetched lets the store of a large payload hang for an hour: the other shards of the lane go on, and so do commands and timers; no transaction is
// made again; and the record, and what is behind it, is handled once after that.
func TestFetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var store bucket
		event := store.deposits(t, claimcheck.ReadLimit(3*time.Hour))
		reader := metric.NewManualReader()
		b := w.open(bus.Telemetry(noop.NewTracerProvider(), metric.NewMeterProvider(metric.WithReader(reader))))
		defer b.Close()
		g := w.bank(b, event, "one")
		stop := start(t, g)
		huge := large("h")
		w.pay(event, small()...)
		w.awaitHandled()
		behind, others := apart(t, g, huge)
		store.hang()
		w.pay(event, append([]string{huge, huge}, small()...)...)
		<-time.After(12 * time.Second)
		if err := g.Do(t.Context(), huge, func(*partitions.Tx) error { return nil }); err != nil {
			t.Error(err)
		}
		hold(t, "while the store hangs", w.last(), 2, others...)
		hold(t, "while the store hangs", w.last(), 1, behind...)
		hold(t, "while the store hangs", w.last(), 0, huge)
		<-time.After(time.Hour)
		w.pay(event, others...)
		<-time.After(2 * time.Second)
		hold(t, "an hour later", w.last(), 3, others...)
		store.answer()
		w.awaitHandled()
		hold(t, "after that", w.last(), 2, append(behind, huge)...)
		stop()
		if calls, want := w.calls.Load(), int64(2*len(behind)+3*len(others)+2); calls != want {
			t.Errorf("the handler was called %d times for %d deposits", calls, want)
		}
		if asked := store.asked.Load(); asked != 2 {
			t.Errorf("the store was asked %d times for 2 payloads", asked)
		}
		if aborts := sums(t, reader, "millrace.partitions.aborts", "messaging.consumer.group.name"); aborts["ledger"] != 0 {
			t.Errorf("%d transactions were made again", aborts["ledger"])
		}
		if letters := w.letters(); len(letters) > 0 {
			t.Errorf("dead letters: %+v", letters)
		}
	})
}

// TestFetchRevoked takes a shard away while the store hangs that has its payload: nobody waits for the store, and the next owner handles the record.
func TestFetchRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.end()
		var store bucket
		event := store.deposits(t, claimcheck.ReadLimit(3*time.Hour))
		one := w.bank(w.bus, event, "one")
		stop := start(t, one)
		huge := large("h")
		w.pay(event, small()...)
		w.awaitHandled()
		behind, others := apart(t, one, huge)
		store.hang()
		w.pay(event, huge)
		w.pay(event, behind...)
		<-time.After(10 * time.Second)

		b := w.open()
		defer b.Close()
		two := w.bank(b, event, "two")
		stopTwo := start(t, two)
		<-time.After(10 * time.Second)
		w.pay(event, others...)
		<-time.After(2 * time.Second)
		if nodes, err := two.Nodes(); err != nil || len(nodes) != 2 {
			t.Errorf("nodes %+v, %v", nodes, err)
		}
		hold(t, "with two nodes", w.last(), 2, others...)
		began := time.Now()
		stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the node has left after %s", took)
		}
		<-time.After(10 * time.Second)
		if store.cut.Load() == 0 || store.asking.Load() != 1 {
			t.Errorf("%d fetches were ended, and %d go on", store.cut.Load(), store.asking.Load())
		}
		w.pay(event, others...)
		<-time.After(2 * time.Second)
		hold(t, "with the other node", w.last(), 3, others...)
		store.answer()
		w.awaitHandled()
		hold(t, "after that", w.last(), 1, huge)
		hold(t, "after that", w.last(), 2, behind...)
		stopTwo()
		if letters := w.letters(); len(letters) > 0 {
			t.Errorf("dead letters: %+v", letters)
		}
	})
}
