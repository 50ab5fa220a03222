package bus_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/resilience"
)

func openAt(t *testing.T, address string, opts ...bus.Option) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func TestRegistryDecides(t *testing.T) {
	t.Parallel()
	registry := newMemory()
	b := openAt(t, bustest.Broker(t), bus.SchemaRegistry(registry))
	event := orderPlaced()
	registry.refuse = &bus.IncompatibleError{Contract: "shop.order.placed"}
	if err := b.Verify(t.Context(), event); !errors.Is(err, bus.ErrIncompatible) {
		t.Errorf("the registry's refusal became %v", err)
	}
	if _, err := b.Topics(t.Context(), event.Contract().Topic()); !errors.Is(err, bus.ErrNoTopic) {
		t.Errorf("a topic was created beside a refusal: %v", err)
	}
	registry.refuse = nil
	if err := b.Verify(t.Context(), event); err != nil {
		t.Error(err)
	}
	if _, err := b.Topics(t.Context(), event.Contract().Topic()); err != nil {
		t.Error(err)
	}
	if _, err := b.Topics(t.Context(), bus.SchemaTopic); !errors.Is(err, bus.ErrNoTopic) {
		t.Errorf("the schema topic was made beside another registry: %v", err)
	}
	want := []string{"check shop.order.placed", "check shop.order.placed", "register shop.order.placed"}
	if !slices.Equal(registry.log, want) {
		t.Errorf("the registry was asked %v", registry.log)
	}
	if _, err := bus.Open(t.Context(), "kafka://127.0.0.1:1", bus.SchemaRegistry(nil)); err == nil || !strings.Contains(err.Error(), "registry") {
		t.Errorf("no registry was taken: %v", err)
	}
}

func TestFraming(t *testing.T) {
	t.Parallel()
	address := bustest.Broker(t)
	framed, plain := openAt(t, address, bus.SchemaRegistry(newMemory())), openAt(t, address)
	other := newMemory()
	other.name = "other"
	event := bus.Define("shop.raw.noted", func([]byte) string { return "k" }, bus.Encoding[[]byte](rawCodec{}), bus.Partitions(1))
	if err := framed.Verify(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	values := []string{"a", "\x00b"}
	for _, b := range []*bus.Bus{framed, plain} {
		for _, value := range values {
			if err := b.Publish(t.Context(), bus.Atomic(event.New([]byte(value)))).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	foreign := bus.Record{Topic: event.Contract().Topic(), Value: []byte("\x00c"), Headers: bus.Headers{{Key: bus.HeaderType, Value: []byte("shop.raw.noted")}}}
	if err := framed.Publish(t.Context(), foreign.Message()).Err(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		bus  *bus.Bus
		want string
	}{
		"with the registry":   {framed, "a|\x00b|a|\x00b|c"},
		"without it":          {plain, "refused|refused|a|\x00b|\x00c"},
		"with another format": {openAt(t, address, bus.SchemaRegistry(other)), "refused|refused|a|\x00b|c"},
	} {
		var got []string
		for received, err := range bus.Tail(t.Context(), test.bus, event, bus.Earliest, bus.UntilEnd()) {
			text := string(received.Value)
			if errors.Is(err, bus.ErrDecode) && resilience.ClassOf(err) == resilience.ClassPermanent {
				text = "refused"
			} else if err != nil {
				t.Fatal(err)
			}
			got = append(got, text)
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	records, err := framed.Encode(t.Context(), event.New([]byte("d")), foreign.Message())
	if err != nil || string(records[0].Value) != "\x00d" || string(records[1].Value) != "\x00c" {
		t.Errorf("%v, %v", records, err)
	}
	if v, err := event.Decode(framed.Adopt(records[0])); err != nil || string(v) != "d" {
		t.Errorf("%q, %v", v, err)
	}
}

// rawCodec writes bytes as they are, and cannot read those of another version without its schema.
type rawCodec struct{ text string }

func (rawCodec) Encode(v []byte) ([]byte, error)    { return v, nil }
func (rawCodec) Decode(data []byte) ([]byte, error) { return slices.Clone(data), nil }
func (rawCodec) ContentType() string                { return "application/octet-stream" }
func (c rawCodec) Schema() (bus.Schema, error) {
	return bus.Schema{Type: "RAW", Text: c.text + "!"}, nil
}
func (rawCodec) Compare(bus.Schema, bus.Schema) ([]bus.Change, error) { return nil, nil }

func (rawCodec) Resolve(data []byte, writer bus.Schema) ([]byte, error) {
	return append(slices.Clone(data), writer.Text...), nil
}

// panicking is a registry that panics when it is asked for a schema.
type panicking struct{ *memory }

func (panicking) Schema(context.Context, string, int) (bus.Schema, error) { panic("no such table") }

func TestResolver(t *testing.T) {
	t.Parallel()
	version := func(n int) bus.Event[[]byte] {
		return bus.Define("shop.raw.noted", func([]byte) string { return "k" },
			bus.Encoding[[]byte](rawCodec{text: string(rune('0' + n))}), bus.Partitions(1), bus.Version(n))
	}
	b := bustest.Open(t)
	for n := range 3 {
		if n != 1 {
			if err := b.Verify(t.Context(), version(n+1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Publish(t.Context(), version(n+1).New([]byte("v"))).Err(); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for received, err := range bus.Tail(t.Context(), b, version(3), bus.Earliest, bus.UntilEnd()) {
		text := string(received.Value)
		if errors.Is(err, bus.ErrNoSchema) && errors.Is(err, bus.ErrDecode) {
			text = "unknown"
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, text)
	}
	if strings.Join(got, "|") != "v1!|unknown|v" {
		t.Errorf("read %q", got)
	}
	records, err := bus.Encode(t.Context(), version(1).New([]byte("v")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := version(2).Decode(records[0]); !errors.Is(err, bus.ErrNoSchema) {
		t.Errorf("a record from nowhere: %v", err)
	}
	registry := newMemory()
	registry.down = errors.New("no answer")
	asked := openAt(t, bustest.Broker(t), bus.SchemaRegistry(registry))
	if _, err := version(2).Decode(asked.Adopt(records[0])); errors.Is(err, bus.ErrDecode) || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("a registry that does not answer: %v", err)
	}
	registry.down = nil
	registry.schemas[urn("shop.raw.noted", 1)] = bus.Schema{Text: "w"}
	for range 2 {
		if v, err := version(2).Decode(asked.Adopt(records[0])); err != nil || string(v) != "vw" {
			t.Errorf("%q, %v", v, err)
		}
	}
	if len(registry.log) != 2 {
		t.Errorf("what was found was asked for again: %v", registry.log)
	}
	panics := openAt(t, bustest.Broker(t), bus.SchemaRegistry(panicking{newMemory()}))
	_, err = version(2).Decode(panics.Adopt(records[0]))
	if p, ok := errors.AsType[*bus.PanicError](err); !ok || p.Value != "no such table" || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("a registry that panics: %v", err)
	}
}
