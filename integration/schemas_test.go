package integration_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/apipb"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/confluent"
	"github.com/millrace/millrace/bus/protobuf"
)

const orderText = `{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"string"}]}`

type coded struct {
	ID string `json:"id" avro:"id"`
}

// codecs runs a contract of each codec.
func codecs(t *testing.T, open func(testing.TB) *bus.Bus) {
	t.Helper()
	same := func(a, b coded) bool { return a == b }
	bustest.Codec(t, open, bus.JSON[coded](), same, coded{ID: "1"}, coded{ID: "2"})
	bustest.Codec(t, open, avro.Codec[coded](avro.Text(orderText)), same, coded{}, coded{ID: "2"})
	bustest.Codec(t, open, protobuf.Codec[*apipb.Method](), func(a, b *apipb.Method) bool { return proto.Equal(a, b) },
		&apipb.Method{}, &apipb.Method{Name: "get"})
}

func TestCodecsOnKafka(t *testing.T) {
	t.Parallel()
	codecs(t, open)
}

// openWithRegistry opens a bus on Kafka with a real schema registry, and returns a client that looks at it.
func openWithRegistry(t testing.TB) (*bus.Bus, *sr.Client) {
	t.Helper()
	url := shared.Schemas(t).URL
	registry, err := confluent.New(url)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Open(t.Context(), shared.Kafka(t).URL, bus.SchemaRegistry(registry))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = b.Close(), registry.Close() })
	client, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
	if err != nil {
		t.Fatal(err)
	}
	return b, client
}

func TestSchemaRegistry(t *testing.T) {
	t.Parallel()
	b, client := openWithRegistry(t)
	codecs(t, func(testing.TB) *bus.Bus { return b })

	name := "registry.a" + strings.ToLower(uuid.NewString()[:8]) + ".placed"
	define := func(text string, opts ...bus.ContractOption) bus.Event[coded] {
		opts = append(opts, bus.Encoding(avro.Codec[coded](avro.Text(text))), bus.Partitions(1))
		return bus.Define(name, func(c coded) string { return c.ID }, opts...)
	}
	v1 := define(orderText)
	v2 := define(`{"type":"record","name":"shop.Order","fields":[{"name":"note","type":"string","default":"-"},{"name":"id",`+
		`"type":"string"}]}`, bus.Version(2))
	for _, step := range []bus.Event[coded]{v1, v2, v1} {
		if err := b.Verify(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	subject := confluent.TopicContract(v1.Contract())
	if versions, err := client.SubjectVersions(t.Context(), subject); err != nil || len(versions) != 2 {
		t.Fatalf("%v, %v", versions, err)
	}
	broken := define(`{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"int"}]}`, bus.Version(3))
	err := b.Verify(t.Context(), broken)
	if !errors.Is(err, bus.ErrIncompatible) || !strings.Contains(err.Error(), "id: type changed from string to int") {
		t.Errorf("%v", err)
	}
	for _, level := range client.SetCompatibility(t.Context(), sr.SetCompatibility{Level: sr.CompatFullTransitive}, subject) {
		if level.Err != nil {
			t.Fatal(level.Err)
		}
	}
	err = b.Verify(t.Context(), define(`{"type":"record","name":"shop.Order","fields":[{"name":"id","type":"int"}]}`,
		bus.Version(3), bus.Compatible(bus.Unchecked)))
	if !errors.Is(err, bus.ErrIncompatible) || !strings.Contains(err.Error(), "the registry refuses contract "+name) {
		t.Errorf("what the registry refuses: %v", err)
	}
	if err := b.Publish(t.Context(), v1.New(coded{ID: "1"})).Err(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for received, err := range bus.Tail(t.Context(), b, v2, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, received.Value.ID)
	}
	if strings.Join(ids, " ") != "1" {
		t.Errorf("version 2 reads %v", ids)
	}
}
