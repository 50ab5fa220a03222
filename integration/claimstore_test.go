package integration_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/partitions"
)

// startGateway starts an S3 server that the test may stop, and a store on it.
func startGateway(t *testing.T) (*servers.Gateway, *s3.Store) {
	t.Helper()
	gateway, err := servers.S3Process(t.Context())
	servers.Require(t, err)
	t.Cleanup(func() { _ = gateway.Close() })
	store, err := s3.New(gateway.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return gateway, store
}

// readers note what they have handled.
type readers struct {
	*testing.T

	mu   sync.Mutex
	seen map[string][]string // ids in their order, repeated ones once
}

func (r *readers) note(reader string, s scan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.seen[reader], s.ID) {
		r.seen[reader] = append(r.seen[reader], s.ID)
	}
}

func (r *readers) count(reader string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen[reader])
}

// await waits until all readers have so many.
func (r *readers) await(count int, of ...string) {
	r.Helper()
	for deadline := time.Now().Add(patience); ; <-time.After(20 * time.Millisecond) {
		if !slices.ContainsFunc(of, func(reader string) bool { return r.count(reader) < count }) {
			return
		}
		if time.Now().After(deadline) {
			r.Fatalf("%v of %d", r.seen, count)
		}
	}
}

// pages are so many large events, whose payloads are in the store, and their ids.
func pages(t *testing.T, event bus.Event[scan], count int) (ids []string, records []bus.Record) {
	t.Helper()
	for i := range count {
		ids = append(ids, fmt.Sprint(i))
		encoded, err := bus.Encode(t.Context(), event.New(scan{ID: ids[i], Image: strings.Repeat("page ", 150_000)}))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, encoded...)
	}
	return ids, records
}

// TestClaimStoreKilled lets the store hang, and then kills it, while a subscription and a partition group read large events, and starts it
// again: both handle all events, the group in their order, and neither gives one up.
//
//nolint:revive // function-length: one outage, step by step
func TestClaimStoreKilled(t *testing.T) {
	t.Parallel()
	gateway, store := startGateway(t)
	b := open(t)
	name := "p" + strings.ToLower(uuid.NewString()[:8])
	event := bus.Define("office."+name+".scanned", func(scan) string { return "key" })
	if err := b.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	codec, err := claimcheck.Codec(bus.JSON[scan](), store, claimcheck.Place[scan]{Topic: event.Contract().Topic()},
		claimcheck.ReadLimit(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	event = event.Encoded(codec)
	const events, some = 30, 10
	ids, records := pages(t, event, events)
	publish := func() {
		t.Helper()
		for range some {
			if err := b.Publish(t.Context(), records[0].Message()).Err(); err != nil {
				t.Fatal(err)
			}
			records = records[1:]
		}
	}
	r := &readers{T: t, seen: map[string][]string{}}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	group, err := partitions.New(b, name+"-group", partitions.Lanes(1), partitions.On(event, func(_ *partitions.Tx, s scan) error {
		r.note("group", s)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	do := func(when string) {
		t.Helper()
		if err := group.Do(t.Context(), "key", func(*partitions.Tx) error { return nil }); err != nil {
			t.Errorf("a command while the store %s: %v", when, err)
		}
	}
	publish()
	go func() { ended <- group.Run(running) }()
	go func() {
		ended <- b.Subscribe(running, name+"-reader", bus.On(event, func(_ context.Context, s scan) error { r.note("reader", s); return nil }))
	}()
	r.await(some, "group", "reader")
	gateway.Pause()
	publish()
	do("hangs")
	gateway.Kill()
	publish()
	do("is away")
	if group, reader := r.count("group"), r.count("reader"); group != some || reader != some {
		t.Errorf("the group has handled %d, and the subscription %d", group, reader)
	}
	if err := gateway.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.await(events, "group", "reader")
	stop()
	if err := errors.Join(<-ended, <-ended); err != nil {
		t.Error(err)
	}
	if got := r.seen["group"]; !slices.Equal(got, ids) {
		t.Errorf("the group handled %v", got)
	}
	noLetters(t, b, name+"-group", name+"-reader")
}

func noLetters(t *testing.T, b *bus.Bus, groups ...string) {
	t.Helper()
	for _, group := range groups {
		for letter := range b.DeadLetters(t.Context(), group) {
			t.Errorf("%s gave up %+v", group, letter)
		}
	}
}
