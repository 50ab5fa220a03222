//go:build synctests

package partitions_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// bucket is a store that hangs at will, and counts how it is asked.
type bucket struct {
	claimchecktest.Memory
	gate  sync.Mutex
	hangs chan struct{} // closed when it answers
	slow  func() time.Duration

	asked, asking, most, cut atomic.Int64
}

func (s *bucket) hang() {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.hangs = make(chan struct{})
}

func (s *bucket) answer() {
	s.gate.Lock()
	defer s.gate.Unlock()
	close(s.hangs)
	s.hangs = nil
}

func (s *bucket) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	s.gate.Lock()
	hangs, takes := s.hangs, time.Duration(0)
	if s.slow != nil {
		takes = s.slow()
	}
	s.gate.Unlock()
	s.asked.Add(1)
	now := s.asking.Add(1)
	defer s.asking.Add(-1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); {
		most = s.most.Load()
	}
	if hangs == nil {
		hangs = make(chan struct{})
		defer time.AfterFunc(takes, func() { close(hangs) }).Stop()
	}
	select {
	case <-hangs:
	case <-ctx.Done():
		s.cut.Add(1)
		return nil, ctx.Err()
	}
	return s.Memory.Get(ctx, key, limit)
}

const bucketTenant request.Tenant = "acme"

// deposits are those whose accounts have long names in the bucket, and others in their records.
func (s *bucket) deposits(t *testing.T, opts ...claimcheck.Option) bus.Event[deposit] {
	t.Helper()
	codec, err := claimcheck.Codec(bus.JSON[deposit](), s, claimcheck.Place[deposit]{
		Topic: deposited.Contract().Topic(), Tenant: func(deposit) request.Tenant { return bucketTenant },
	}, append([]claimcheck.Option{claimcheck.Over(60)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return deposited.Encoded(codec)
}

// large is an account whose deposits are in the bucket.
func large(name string) string { return name + strings.Repeat("x", 60) }

// bank is the ledger with a lane alone, for deposits of the event.
func (w *world) bank(b *bus.Bus, event bus.Event[deposit], node string, opts ...partitions.Option) *partitions.Group {
	w.t.Helper()
	balance := partitions.NewTable[string, int64]("balance")
	g, err := partitions.New(b, "ledger", append([]partitions.Option{
		partitions.On(event, func(tx *partitions.Tx, d deposit) error {
			w.calls.Add(1)
			v, _ := balance.Get(tx, d.Account)
			balance.Put(tx, d.Account, v+d.Cents)
			tx.Emit(balanceChanged.New(changed{Account: d.Account, Balance: v + d.Cents}))
			return nil
		}),
		partitions.Use(balance), partitions.NodeID(node), partitions.Lanes(1),
	}, opts...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// pay publishes a deposit of a cent on each of the accounts, as their tenant.
func (w *world) pay(event bus.Event[deposit], accounts ...string) {
	w.t.Helper()
	var msgs []bus.Message
	for _, account := range accounts {
		msgs = append(msgs, event.New(deposit{Account: account, Cents: 1}))
	}
	ctx := request.With(w.t.Context(), request.Info{Tenant: bucketTenant})
	if err := w.bus.Publish(ctx, msgs...).Err(); err != nil {
		w.t.Fatal(err)
	}
}

// last is each account's balance. Each must have gone up by a cent at a time.
func (w *world) last() map[string]int64 {
	w.t.Helper()
	last := make(map[string]int64)
	for event, err := range bus.Tail(w.t.Context(), w.bus, balanceChanged, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			w.t.Fatal(err)
		}
		c := event.Value
		if c.Balance != last[c.Account]+1 {
			w.t.Errorf("account %s goes from %d to %d", c.Account, last[c.Account], c.Balance)
		}
		last[c.Account] = c.Balance
	}
	return last
}

// letters are the dead letters of the group.
func (w *world) letters() (all []bus.DeadLetter) {
	w.t.Helper()
	for letter, err := range w.bus.DeadLetters(w.t.Context(), "ledger") {
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, letter)
	}
	return all
}

// prepare puts deposits of a cent on each of the accounts into the bucket, and returns their records.
func (w *world) prepare(event bus.Event[deposit], accounts ...string) (records []bus.Record) {
	w.t.Helper()
	for _, account := range accounts {
		ctx := request.With(w.t.Context(), request.Info{Tenant: bucketTenant})
		encoded, err := bus.Encode(ctx, event.New(deposit{Account: account, Cents: 1}))
		if err != nil {
			w.t.Fatal(err)
		}
		records = append(records, encoded...)
	}
	return records
}

// lose deletes what a record refers to, and returns what puts it back.
func (w *world) lose(store *bucket, record bus.Record) (putBack func()) {
	w.t.Helper()
	r, _, err := claimcheck.ParseReference(record.Value)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := store.Memory.Get(w.t.Context(), r.Key, r.Size)
	if err == nil {
		err = store.Delete(w.t.Context(), r.Key)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return func() {
		if err := store.Put(w.t.Context(), r.Key, data, r.Type); err != nil {
			w.t.Error(err)
		}
	}
}
