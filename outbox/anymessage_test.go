package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/request"
)

// odd are messages that a table with Debezium's columns has no place for at first sight.
func odd() map[string]bus.Message {
	event := func(opts ...bus.ContractOption) bus.Event[order] {
		return bus.Define("shop.any.placed", func(o order) string { return o.ID }, opts...)
	}
	raw := func(r bus.Record) bus.Message { return r.Message() }
	return map[string]bus.Message{
		"own topic":        event(bus.InTopic("elsewhere")).New(order{ID: "a"}),
		"dotted aggregate": event(bus.InTopic("outbox.event.a.b")).New(order{ID: "a"}),
		"own id":           event().New(order{ID: "b"}, bus.ID("order 7 <ü>")),
		"other uuid form":  event().New(order{ID: "b"}, bus.ID("0190A0A0-0000-7000-8000-00000000000A")),
		"headers":          event().New(order{ID: "c"}, bus.WithHeader("x", "y"), bus.WithHeader("x", ""), bus.WithHeader("ce_subject", "s\x00")),
		"no key": raw(bus.Record{Topic: "elsewhere", Value: []byte(`1`), Headers: bus.Headers{
			{Key: "content-type", Value: []byte("text/plain")},
			{Key: "nil"},
			{Key: "bin", Value: []byte{0xfe}},
			{Key: "ce_subject", Value: []byte("1")},
			{Key: "ce_subject", Value: []byte("2")},
		}}),
		"tombstone":      raw(bus.Record{Topic: "outbox.event.any", Key: []byte{}, Headers: bus.Headers{{Key: "ce_id", Value: []byte("t")}}}),
		"packed headers": raw(bus.Record{Topic: "elsewhere", Key: []byte("k"), Headers: bus.Headers{{Key: bus.HeaderPacked, Value: []byte(`{}`)}}}),
	}
}

// TestAnyMessage publishes odd messages on a bus and through an outbox: consumers see no difference.
func TestAnyMessage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.relay(f.bus)
	topics := []bus.Topic{"elsewhere", "outbox.event.a.b", "outbox.event.any"}
	for _, topic := range topics {
		if err := f.bus.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: 1}); err != nil {
			t.Fatal(err)
		}
	}
	ctx := request.With(t.Context(), request.Info{Tenant: "acme", ID: "r1"})
	published := map[bus.Topic]int{}
	for name, message := range odd() {
		direct := f.bus.Publish(ctx, message)
		published[direct[0].Topic]++
		if err := direct.Err(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f.compare(ctx, name, message, direct[0].Topic, 2*published[direct[0].Topic])
	}
}

// compare publishes the message through the outbox, which makes n records on the topic, and holds the last two against each other.
func (f *fixture) compare(ctx context.Context, name string, message bus.Message, topic bus.Topic, n int) {
	f.Helper()
	err := pgx.BeginFunc(ctx, f.pool, func(tx pgx.Tx) error { return outbox.In(tx).Publish(ctx, message).Err() })
	if err != nil {
		f.Errorf("%s: %v", name, err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var two []bus.Record
	for record, err := range f.bus.Read(ctx, topic, bus.Earliest) {
		if err != nil {
			f.Fatalf("%s: %v", name, err)
		}
		if two = append(two, record); len(two) == n {
			break
		}
	}
	want, got := two[n-2], two[n-1]
	if fmt.Sprintf("%q %q", got.Key, got.Value) != fmt.Sprintf("%q %q", want.Key, want.Value) ||
		(got.Key == nil) != (want.Key == nil) || (got.Value == nil) != (want.Value == nil) {
		f.Errorf("%s: record %q %q, want %q %q", name, got.Key, got.Value, want.Key, want.Value)
	}
	if got.ID() != want.ID() && want.ID() != "" || got.Type() != want.Type() || got.Tenant() != want.Tenant() || got.Subject() != want.Subject() {
		f.Errorf("%s: %s %s %s %s", name, got.ID(), got.Type(), got.Tenant(), got.Subject())
	}
	for _, header := range want.Headers {
		if !slices.ContainsFunc(got.Headers, func(h bus.Header) bool {
			return h.Key == header.Key && string(h.Value) == string(header.Value) && (h.Value == nil) == (header.Value == nil)
		}) {
			f.Errorf("%s: %q is missing in %q", name, header, got.Headers)
		}
	}
	for _, header := range got.Headers {
		if header.Value != nil && header.Key != "id" && header.Key != bus.HeaderID && !slices.ContainsFunc(want.Headers, func(h bus.Header) bool {
			return h.Key == header.Key && string(h.Value) == string(header.Value)
		}) {
			f.Errorf("%s: %q was added to %q", name, header, want.Headers)
		}
	}
}
