package confluent_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/confluent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a registry in the test's process. It counts its requests, and refuses schemas when it is told to.
type server struct {
	*srfake.Registry
	mu     sync.Mutex
	asked  []string
	status int
	answer string
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{Registry: srfake.New()}
	t.Cleanup(s.Close)
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		if s.status != 0 && (s.status != http.StatusOK || strings.HasPrefix(r.URL.Path, "/compatibility")) {
			w.WriteHeader(s.status)
			_, _ = w.Write([]byte(s.answer))
			return true
		}
		return false
	})
	return s
}

// answers lets the server answer from now on: with status 200 only to what asks for compatibility.
func (s *server) answers(status int, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.answer, s.asked = status, answer, nil
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func open(t *testing.T, s *server, address string, opts ...confluent.Option) *bus.Bus {
	t.Helper()
	registry, err := confluent.New(s.URL(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Open(t.Context(), address, bus.SchemaRegistry(registry))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = b.Close(), registry.Close() })
	return b
}

type order struct {
	ID    string `json:"id" avro:"id"`
	Total int    `json:"total" avro:"total"`
}

const (
	orderText = `{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"string"},{"name":"total","type":"int"}]}`
	noteText  = `{"type":"record","name":"shop.Order","fields":[{"name":"note","type":"string","default":"-"},
		{"name":"id","type":"string"},{"name":"total","type":"int"}]}`
)

func placed(opts ...bus.ContractOption) bus.Event[order] {
	return bus.Define("shop.order.placed", func(o order) string { return o.ID }, append(opts, bus.Partitions(1))...)
}

func avroPlaced(text string, opts ...bus.ContractOption) bus.Event[order] {
	return placed(append(opts, bus.Encoding(avro.Codec[order](avro.Text(text))))...)
}

// importing encodes as JSON and describes itself as a Protobuf file of two messages that imports others.
type importing struct{ bus.Codec[order] }

func (importing) Schema() (bus.Schema, error) {
	return bus.Schema{
		Type: bus.SchemaProtobuf, Name: "shop.Order.Line", Index: []int{1, 0}, Text: `syntax = "proto3"; import "b.proto";`,
		References: []bus.Reference{{Name: "a.proto", Text: "A"}, {Name: "b.proto", Text: "B", Imports: []string{"a.proto"}}},
	}, nil
}

func TestWireFormat(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b := open(t, s, bustest.Broker(t))
	for i, test := range []struct {
		event bus.Event[order]
		want  string
	}{
		{placed(), "\x00\x00\x00\x00\x01{\"id\":\"1\",\"total\":7}"},
		{bus.Define("shop.order.a", func(order) string { return "k" }, bus.Encoding(avro.Codec[order](avro.Text(orderText)))), "\x00\x00\x00\x00\x02\x021\x0e"},
		{bus.Define("shop.order.p", func(order) string { return "k" }, bus.Encoding[order](importing{bus.JSON[order]()})), "\x00\x00\x00\x00\x05\x04\x02\x00{\"id\":\"1\",\"total\":7}"},
	} {
		for range 2 {
			if err := b.Verify(t.Context(), test.event); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Publish(t.Context(), test.event.New(order{ID: "1", Total: 7})).Err(); err != nil {
			t.Fatal(err)
		}
		for received, err := range bus.Tail(t.Context(), b, test.event, bus.Earliest, bus.UntilEnd()) {
			if err != nil || received.Value.Total != 7 || string(received.Record.Value) != test.want {
				t.Errorf("%d: %+v, %q, %v", i, received.Value, received.Record.Value, err)
			}
		}
	}
	stored, _ := s.GetSchema("outbox.event.order-shop.order.p", 1)
	imported, _ := s.GetSchema("b.proto", 1)
	if fmt.Sprint(stored.References, imported.References) != "[{a.proto a.proto 1} {b.proto b.proto 1}] [{a.proto a.proto 1}]" {
		t.Errorf("%v, %v", stored.References, imported.References)
	}
	if stored.Type != sr.TypeProtobuf {
		t.Errorf("it was registered as %v", stored.Type)
	}
	bustest.Codec(t, func(testing.TB) *bus.Bus { return b }, avro.Codec[order](avro.Text(orderText)),
		func(a, b order) bool { return a == b }, order{}, order{ID: "1", Total: -1})
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	c := avroPlaced(orderText).Contract()
	for want, subject := range map[string]func(*bus.Contract) string{
		"outbox.event.order-shop.order.placed": confluent.TopicContract,
		"outbox.event.order-value":             confluent.TopicValue,
		"outbox.event.order-shop.Order":        confluent.TopicRecord,
	} {
		if got := subject(c); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := confluent.TopicRecord(placed().Contract()); got != "outbox.event.order-shop.order.placed" {
		t.Error(got)
	}
	s := newServer(t)
	b := open(t, s, bustest.Broker(t), confluent.Subject(confluent.TopicValue))
	if err := b.Verify(t.Context(), placed()); err != nil || !s.SubjectExists("outbox.event.order-value") {
		t.Error(err)
	}
}
