package bus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/resilience"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type placed struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
}

func orderPlaced(opts ...bus.ContractOption) bus.Event[placed] {
	return bus.Define("shop.order.placed", func(p placed) string { return p.ID }, opts...)
}

func TestPublishKeepsKeyOrder(t *testing.T) {
	t.Parallel()
	event := orderPlaced(bus.Partitions(4))
	b := bustest.Open(t, event)
	var msgs []bus.Message
	for i := range 500 {
		msgs = append(msgs, event.New(placed{ID: fmt.Sprint(i % 7), Total: i}))
	}
	results := b.Publish(t.Context(), msgs...)
	if err := results.Err(); err != nil {
		t.Fatal(err)
	}
	last := map[string]int{}
	seen := 0
	for record, err := range b.Read(t.Context(), event.Contract().Topic(), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		got, err := event.Decode(record)
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := last[got.ID]; ok && got.Total <= before {
			t.Fatalf("key %s: %d came after %d", got.ID, got.Total, before)
		}
		last[got.ID] = got.Total
		seen++
	}
	if seen != len(msgs) {
		t.Fatalf("read %d of %d", seen, len(msgs))
	}
}

func TestPublishErrorClass(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	b := bustest.Open(t, event)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	cases := map[string]struct {
		ctx   context.Context //nolint:containedctx // a row of data
		msg   bus.Message
		is    error
		class resilience.Class
	}{
		"unencodable": {t.Context(), bus.Define("a.b.c", func(chan int) string { return "" }).New(nil), bus.ErrEncode, resilience.ClassPermanent},
		"too large":   {t.Context(), event.New(placed{ID: strings.Repeat("x", 3<<20)}), bus.ErrTooLarge, resilience.ClassPermanent},
		"cancelled":   {ended, event.New(placed{ID: "1"}), bus.ErrIndefinite, resilience.ClassIndefinite},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			results := b.Publish(test.ctx, test.msg)
			if len(results) != 1 || !errors.Is(results.Err(), test.is) {
				t.Fatalf("got %v, want %v", results.Err(), test.is)
			}
			if text := results[0].Err.Error(); errors.Is(test.is, bus.ErrTooLarge) && !strings.Contains(text, "max.message.bytes") {
				t.Errorf("it does not say what to do: %s", text)
			}
			if class := resilience.ClassOf(results[0].Err); class != test.class {
				t.Fatalf("class %s, want %s", class, test.class)
			}
		})
	}
}

func TestAtomicIsAllOrNothing(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	b := bustest.Open(t, event)
	ok := bus.Atomic(event.New(placed{ID: "1"}), bus.Atomic(event.New(placed{ID: "2"})))
	if results := b.Publish(t.Context(), ok); len(results) != 2 || results.Err() != nil {
		t.Fatal(results)
	}
	bad := bus.Atomic(event.New(placed{ID: "3"}), event.New(placed{ID: strings.Repeat("x", 3<<20)}))
	results := b.Publish(t.Context(), bad)
	if len(results) != 2 || results[0].Err == nil || results[1].Err == nil {
		t.Fatal(results)
	}
	if err := b.Publish(t.Context(), ok).Err(); err != nil {
		t.Fatalf("after an abort: %v", err)
	}
	var keys []string
	for record, err := range b.Read(t.Context(), event.Contract().Topic(), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, string(record.Key))
	}
	if got := strings.Join(keys, ""); got != "1212" {
		t.Fatalf("committed readers saw %s", got)
	}
}

func TestRecordIsCloudEvent(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	records, err := bus.Encode(t.Context(), event.New(placed{ID: "7", Total: 3}, bus.ID("e1"), bus.Time(at), bus.WithHeader("x", "y")))
	if err != nil {
		t.Fatal(err)
	}
	r := records[0]
	want := map[string]string{
		"ce_specversion": "1.0", "ce_id": "e1", "ce_source": "/shop/order", "ce_type": "shop.order.placed",
		"ce_time": "2026-01-02T03:04:05.000006Z", "content-type": "application/json", "x": "y",
	}
	for key, value := range want {
		if got, _ := r.Headers.Get(key); got != value {
			t.Errorf("%s is %q, want %q", key, got, value)
		}
	}
	if string(r.Value) != `{"id":"7","total":3}` || string(r.Key) != "7" || r.Topic != "outbox.event.order" {
		t.Errorf("record %s %s %s", r.Topic, r.Key, r.Value)
	}
	if !r.Happened().Equal(at) || r.ID() != "e1" || r.Type() != "shop.order.placed" {
		t.Errorf("attributes %v %s %s", r.Happened(), r.ID(), r.Type())
	}
}

func TestDefinitionErrors(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	key := func(p placed) string { return p.ID }
	for name, event := range map[string]bus.Event[placed]{
		"name":     bus.Define("Shop", key),
		"topic":    bus.Define("shop.order.placed", key, bus.InTopic("a b")),
		"version":  bus.Define("shop.order.placed", key, bus.Version(0)),
		"key":      bus.Define[placed]("shop.order.placed", nil),
		"encoding": bus.Define("shop.order.placed", key, bus.Encoding(bus.JSON[int]())),
		"zero":     {},
	} {
		results := b.Publish(t.Context(), event.New(placed{}))
		if event.Err() == nil || !errors.Is(results.Err(), bus.ErrContract) {
			t.Errorf("%s: %v, %v", name, event.Err(), results.Err())
		}
	}
}
