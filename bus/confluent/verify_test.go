package confluent_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/confluent"
	"github.com/millrace/millrace/resilience"
)

const subject = "outbox.event.order-shop.order.placed"

func TestRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := open(t, s, bustest.Broker(t))
	s.SeedSchema(subject, 1, 40, sr.Schema{Type: sr.TypeAvro, Schema: strings.ReplaceAll(orderText, `"int"`, `"string"`)})
	refuse := func(def bus.Definition, want string) {
		t.Helper()
		err := b.Verify(t.Context(), def)
		if !errors.Is(err, bus.ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
		if _, err := b.Topics(t.Context(), "outbox.event.order"); !errors.Is(err, bus.ErrNoTopic) {
			t.Errorf("a topic was created beside a refusal: %v", err)
		}
		if _, found := s.GetSchema(subject, 2); found {
			t.Error("a schema was registered beside a refusal")
		}
	}
	refuse(avroPlaced(orderText), "total: type changed from string to int")
	refuse(placed(), "the schema language changed from AVRO to JSON")
	loose := avroPlaced(orderText, bus.Compatible(bus.Unchecked))
	s.answers(http.StatusOK, `{"is_compatible":false,"messages":["the registry's own reason"]}`)
	refuse(loose, "the registry refuses contract shop.order.placed:\n  - the payload: the registry's own reason")
	s.answers(http.StatusOK, `{"is_compatible":false}`)
	refuse(loose, "it does not say why")
	s.answers(0, "")
	if err := b.Verify(t.Context(), loose); err != nil {
		t.Error(err)
	}
	refused := avroPlaced(noteText, bus.Compatible(bus.Unchecked), bus.Version(2)).Contract()
	registry, err := confluent.New(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer registry.Close()
	s.answers(http.StatusConflict, `{"error_code":409,"message":"somebody was quicker"}`)
	if err := registry.Register(t.Context(), refused); !errors.Is(err, bus.ErrIncompatible) || !strings.Contains(err.Error(), "somebody was quicker") {
		t.Error(err)
	}
}

// TestWritersSchema reads old, new, foreign and unframed events, and starts an older process after a newer one.
func TestWritersSchema(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	address := bustest.Broker(t)
	older, newer := open(t, s, address), open(t, s, address)
	v1, v2 := avroPlaced(orderText), avroPlaced(noteText, bus.Version(2))
	for _, step := range []struct {
		bus *bus.Bus
		def bus.Event[order]
	}{{older, v1}, {newer, v2}, {older, v1}} {
		if err := step.bus.Verify(t.Context(), step.def); err != nil {
			t.Fatal(err)
		}
		if err := step.bus.Publish(t.Context(), step.def.New(order{ID: "1", Total: 7})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	s.SeedSchema("foreign", 1, 99, sr.Schema{Type: sr.TypeAvro, Schema: `{"type":"record","name":"Order","fields":[{"name":"total","type":"int"},{"name":"id","type":"string"}]}`})
	types := bus.Headers{{Key: bus.HeaderType, Value: []byte("shop.order.placed")}}
	unframed, err := bus.Encode(t.Context(), v1.New(order{ID: "1", Total: 7}))
	if err != nil {
		t.Fatal(err)
	}
	foreign := bus.Record{Topic: "outbox.event.order", Headers: types, Value: []byte("\x00\x00\x00\x00\x63\x0e\x021")}
	if err := older.Publish(t.Context(), foreign.Message(), unframed[0].Message()).Err(); err != nil {
		t.Fatal(err)
	}
	fresh := open(t, s, address)
	for _, reader := range []struct {
		bus   *bus.Bus
		event bus.Event[order]
		want  int
	}{{older, v1, 5}, {fresh, v1, 5}, {newer, v2, 4}} {
		read, unknown := 0, 0
		for received, err := range bus.Tail(t.Context(), reader.bus, reader.event, bus.Earliest, bus.UntilEnd()) {
			switch {
			case errors.Is(err, bus.ErrNoSchema):
				unknown++
			case err != nil || received.Value != order{ID: "1", Total: 7}:
				t.Errorf("%+v, %v", received.Value, err)
			default:
				read++
			}
		}
		if read != reader.want || read+unknown != 5 {
			t.Errorf("%d were read and %d not", read, unknown)
		}
	}
	cut := bus.Record{Topic: "t", Headers: types, Value: []byte("\x00\x00\x00\x00\xff\x0e")}
	if _, err := v1.Decode(fresh.Adopt(cut)); !errors.Is(err, bus.ErrNoSchema) || !errors.Is(err, bus.ErrDecode) {
		t.Errorf("an unknown id: %v", err)
	}
	cut.Value = []byte("\x00\x00")
	if _, err := v1.Decode(fresh.Adopt(cut)); !errors.Is(err, bus.ErrDecode) || resilience.ClassOf(err) != resilience.ClassPermanent {
		t.Errorf("a cut header: %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := open(t, s, bustest.Broker(t))
	event := avroPlaced(orderText)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	err := b.Publish(t.Context(), event.New(order{ID: "1"})).Err()
	if !errors.Is(err, bus.ErrContract) || !errors.Is(err, bus.ErrNoSchema) || resilience.ClassOf(err) != resilience.ClassPermanent {
		t.Errorf("published without being registered: %v", err)
	}
	s.answers(http.StatusServiceUnavailable, "<html>"+strings.Repeat("sorry", 1000))
	for name, err := range map[string]error{
		"publish": b.Publish(t.Context(), event.New(order{ID: "1"})).Err(),
		"verify":  b.Verify(t.Context(), event),
	} {
		if resilience.ClassOf(err) != resilience.ClassTransient || len(err.Error()) > 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	framed := bus.Record{Value: []byte("\x00\x00\x00\x00\x07\x02")}
	if _, err := event.Decode(b.Adopt(framed)); resilience.ClassOf(err) != resilience.ClassTransient || errors.Is(err, bus.ErrDecode) {
		t.Errorf("decode: %v", err)
	}
	s.answers(0, "")
	if err := b.Verify(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	before := s.count()
	for range 3 {
		if err := b.Publish(t.Context(), event.New(order{ID: "1"})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if s.count() != before {
		t.Error("what is known was asked for again")
	}
}
