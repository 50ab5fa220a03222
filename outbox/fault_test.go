package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/resilience"
)

// memory is a publisher that keeps what it was given. fault, where set, is asked before each record.
type memory struct {
	mu      sync.Mutex
	records []bus.Record
	calls   []int
	fault   func(bus.Record) error
	entered chan struct{}
	leave   chan struct{}
}

func (m *memory) Publish(ctx context.Context, msgs ...bus.Message) bus.Results {
	if m.entered != nil {
		m.entered <- struct{}{}
		<-m.leave
	}
	records, err := bus.Encode(ctx, msgs...)
	if err == nil {
		err = ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, len(msgs))
	results := make(bus.Results, len(msgs))
	for i := range results {
		if results[i].Err = err; err == nil && m.fault != nil {
			results[i].Err = m.fault(records[i])
			err = results[i].Err
		}
		if err == nil {
			m.records = append(m.records, records[i])
		}
	}
	return results
}

// values are the published payloads by key, without the repeats that follow a fault.
func (m *memory) values() map[string][]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	values, seen := make(map[string][]string), make(map[string]bool)
	for _, record := range m.records {
		if !seen[record.ID()] {
			values[string(record.Key)] = append(values[string(record.Key)], string(record.Value))
		}
		seen[record.ID()] = true
	}
	return values
}

// TestNothingIsLostUnderFaults commits and rolls back transactions of random sizes while publishing fails and
// connections are cut at random, and compares what came out with what was committed, key by key.
func TestNothingIsLostUnderFaults(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var faults int
	m := &memory{}
	m.fault = func(bus.Record) error {
		if faults++; faults%53 == 0 {
			return resilience.Transient(errors.New("refused by the test"))
		}
		return nil
	}
	f.relay(m)
	want, n := make(map[string][]string), 0
	rapid.Check(t, func(rt *rapid.T) {
		var msgs []bus.Message
		commit := rapid.Bool().Draw(rt, "commit")
		for range rapid.IntRange(1, 20).Draw(rt, "rows") {
			n++
			key := fmt.Sprint(rapid.IntRange(0, 4).Draw(rt, "key"))
			msgs = append(msgs, placed().New(order{ID: key, N: n}))
			if commit {
				want[key] = append(want[key], fmt.Sprintf(`{"id":%q,"n":%d}`, key, n))
			}
		}
		f.write(commit, msgs...)
		if rapid.IntRange(0, 30).Draw(rt, "cut") == 0 {
			f.cut()
		}
	})
	f.wait(func() bool { return fmt.Sprint(m.values()) == fmt.Sprint(want) })
}

// TestStopRepeatsNothing stops a relay while a batch is on its way: it is waited for, and the next relay goes on after.
func TestStopRepeatsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	m := &memory{entered: make(chan struct{}), leave: make(chan struct{})}
	_, stop := f.relay(m)
	f.write(true, placed().New(order{ID: "a", N: 1}))
	<-m.entered
	var stopping sync.WaitGroup
	stopping.Go(stop)
	m.leave <- struct{}{}
	stopping.Wait()
	next := &memory{}
	f.relay(next)
	f.write(true, placed().New(order{ID: "a", N: 2}))
	f.wait(func() bool { return len(next.values()) > 0 })
	if first, second := m.values()["a"], next.values()["a"]; len(first) != 1 || len(second) != 1 || second[0] != `{"id":"a","n":2}` {
		t.Errorf("first %v, then %v", first, second)
	}
}

// TestRefusedRecordStops shows that a record which cannot be published ends the relay with one short error, and is
// published when the cause is gone.
func TestRefusedRecordStops(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	broken := errors.New("too large")
	m := &memory{fault: func(bus.Record) error { return resilience.Permanent(broken) }}
	var msgs []bus.Message
	for i := range 1500 {
		msgs = append(msgs, placed().New(order{ID: "a", N: i}))
	}
	f.write(true, msgs...)
	r, err := outbox.NewRelay(m, f.url, outbox.Slot(f.slot))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context()); !errors.Is(err, broken) || len(err.Error()) > 500 {
		t.Errorf("the relay ended with %d bytes: %.500v", len(fmt.Sprint(err)), err)
	}
	mended := &memory{}
	f.relay(mended)
	f.wait(func() bool { return len(mended.values()["a"]) == len(msgs) })
}

// TestBatchesAreBounded commits 10,000 rows and 40 MB in one transaction.
func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	m := &memory{}
	f.relay(m)
	large := strings.Repeat("x", 4<<10)
	_, err := f.pool.Exec(t.Context(), `INSERT INTO outboxevent (id, aggregatetype, aggregateid, type, payload)
		SELECT gen_random_uuid(), 'order', n % 7, 'shop.order.placed', to_json($1 || n::text) FROM generate_series(1, 10000) n`, large)
	if err != nil {
		t.Fatal(err)
	}
	f.wait(func() bool { m.mu.Lock(); defer m.mu.Unlock(); return len(m.records) >= 10_000 })
	m.mu.Lock()
	defer m.mu.Unlock()
	last := make(map[string]int)
	for _, record := range m.records {
		n := 0
		if _, err := fmt.Sscanf(strings.TrimLeft(string(record.Value), `"x`), "%d", &n); err != nil || n <= last[string(record.Key)] {
			t.Fatalf("key %s: %d came after %d, %v", record.Key, n, last[string(record.Key)], err)
		}
		last[string(record.Key)] = n
	}
	for _, size := range m.calls {
		if size*len(large) > 9<<20 {
			t.Errorf("one batch held %d records of 4 KiB", size)
		}
	}
}

// cut ends the replication connection from the server's side.
func (f *fixture) cut() {
	f.Helper()
	_, err := f.pool.Exec(f.Context(), "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active AND slot_name = $1", f.slot)
	if err != nil {
		f.Fatal(err)
	}
}
