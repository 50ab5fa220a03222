package outbox_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// insert commits rows straight into the table: ids by number, with the aggregate type and the payload's size in bytes.
func (f *fixture) insert(aggregate string, first, n, size int) {
	f.Helper()
	_, err := f.pool.Exec(f.Context(), `INSERT INTO outboxevent (id, aggregatetype, aggregateid, type, payload)
		SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, 'k', 'shop.order.placed',
			json_build_object('id', repeat('x', $4), 'n', n) FROM generate_series($2::int, $2::int + $3 - 1) n`, aggregate, first, n, size)
	if err != nil {
		f.Fatal(err)
	}
}

// numbers are those of the first n events.
func (f *fixture) numbers(n int) (numbers []int) {
	f.Helper()
	for _, got := range f.read(n) {
		numbers = append(numbers, got.Value.N)
	}
	return numbers
}

// TestRefusedRow stops before a row that no topic takes, names it, and goes on by itself when that is mended.
func TestRefusedRow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r, _ := f.relay(f.bus)
	f.insert("order", 1, 300, 1)
	f.insert("nowhere", 301, 1, 1)
	f.insert("order", 302, 10, 1)
	f.wait(func() bool { return r.Status().Halted })
	err := r.Status().Err
	refused, ok := errors.AsType[*outbox.RefusedError](err)
	if !ok || refused.ID != "00000000-0000-4000-8000-000000000301" || refused.Topic != "outbox.event.nowhere" ||
		!errors.Is(err, bus.ErrNoTopic) || !strings.Contains(err.Error(), "outbox.DeadLetters") {
		t.Fatalf("the relay halted with %v", err)
	}
	if err := f.bus.Create(t.Context(), bus.TopicSpec{Name: "outbox.event.nowhere", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	numbers := f.numbers(310)
	for i, n := range numbers {
		if want := i + 1 + i/300; n != want {
			t.Fatalf("event %d is number %d, not %d", i, n, want)
		}
	}
	f.wait(func() bool { return r.Status().Working && r.Status().Err == nil })
}

// TestDeadLetters passes over rows that no topic takes, with all that is known of them.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r, _ := f.relay(f.bus, outbox.DeadLetters())
	f.insert("order", 1, 20, 1)
	f.insert("not a topic", 21, 1, 1)
	f.insert("order", 22, 1, 1_100_000)
	f.insert("order", 23, 2, 1)
	if got, want := fmt.Sprint(f.numbers(22)[18:]), "[19 20 23 24]"; got != want {
		t.Errorf("published are %s, not %s", got, want)
	}
	letters := map[string]bus.DeadLetter{}
	for letter, err := range f.bus.DeadLetters(t.Context(), "outbox") {
		if err != nil {
			t.Fatal(err)
		}
		letters[letter.Record.ID()] = letter
	}
	name, large := letters["00000000-0000-4000-8000-000000000021"], letters["00000000-0000-4000-8000-000000000022"]
	if len(letters) != 2 || name.Record.Topic != "outbox.event.not a topic" || name.Reason != bus.ReasonPermanent ||
		len(large.Record.Value) < 1_100_000 ||
		!strings.Contains(large.Error, "max.message.bytes") || r.Status().DeadLetters != 2 {
		t.Errorf("dead letters %q and %q of %d bytes, %d are counted", name.Record.Topic, large.Error, len(large.Record.Value),
			r.Status().DeadLetters)
	}
}
