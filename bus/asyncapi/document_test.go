package asyncapi_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/asyncapi"
	"github.com/millrace/millrace/bus/avro"
	"github.com/millrace/millrace/bus/protobuf"
	"github.com/millrace/millrace/internal/golden"
	"github.com/millrace/millrace/request"
)

type placed struct {
	ID    string    `json:"id"`
	Mail  string    `json:"mail"`
	Lines []string  `json:"lines"`
	At    time.Time `json:"at"`
}

type folder struct {
	Name   string    `json:"name" avro:"name"`
	Within []*folder `json:"within" avro:"-"`
}

func (p placed) key() string { return p.ID }
func (f folder) key() string { return f.Name }

// described has another schema than its type's.
type described[T any] struct {
	bus.Codec[T]

	schema bus.Schema
}

func (d described[T]) Schema() (bus.Schema, error) { return d.schema, nil }

func written(name string, kind bus.SchemaType, text string) bus.Event[folder] {
	return bus.Define(name, folder.key, bus.Encoding[folder](described[folder]{bus.JSON[folder](), bus.Schema{Type: kind, Text: text}}))
}

var (
	orderPlaced = bus.Define("shop.order.placed", placed.key, bus.Partitions(3), bus.Replicas(2), bus.Retention(time.Hour), bus.Sensitive("mail"))
	orderMoved  = bus.Define("shop.order.moved", placed.key, bus.Version(2))
	tree        = bus.Define("shop.folder.saved", folder.key, bus.Compacted(), bus.InTopic("folders"))
	typed       = bus.Define("shop.label.printed", folder.key, bus.Retention(-1), bus.Encoding(avro.Codec[folder](avro.Text(
		`{"type": "record", "name": "shop.Label", "fields": [{"name": "name", "type": "string"}]}`))))
	loose = bus.Define("shop.note.taken", func(*structpb.Struct) string { return "" }, bus.Encoding(protobuf.Codec[*structpb.Struct]()))
	bare  = written("shop.blob.stored", bus.SchemaJSON, "")
	about = asyncapi.About{
		Title: "Shop", Version: "1.2.3", Description: "All that it says.",
		Servers: map[string]string{"production": "kafkas://shop:secret-word@one:9093,two:9093?sasl=scram-sha-256", "staging": "kafka://stage"},
	}
)

func everything() []bus.Definition {
	return []bus.Definition{
		asyncapi.Sends(orderPlaced), asyncapi.Receives("mail", orderPlaced), asyncapi.Receives("mail", orderMoved), asyncapi.Sends(orderMoved),
		asyncapi.Receives("a/b~c", asyncapi.Sends(tree)), typed, loose, bare, orderPlaced,
	}
}

// TestDocument holds the document of contracts of all kinds against a recorded one, and that one against AsyncAPI's schema.
func TestDocument(t *testing.T) {
	t.Parallel()
	got, err := asyncapi.Document(about, everything()...)
	if err != nil {
		t.Fatal(err)
	}
	golden.Compare(t, "testdata/document.json", got)
	valid(t, got)
	turned := everything()
	slices.Reverse(turned)
	if again, err := asyncapi.Document(about, append(turned, everything()...)...); err != nil || !bytes.Equal(again, got) {
		t.Errorf("in another order, and twice, it is another one: %v", err)
	}
	empty, err := asyncapi.Document(asyncapi.About{Title: "Nothing", Version: "1"})
	if err != nil || bytes.Contains(empty, []byte("$ref")) || !bytes.Contains(empty, []byte(`"channels": {}`)) {
		t.Errorf("%s %v", empty, err)
	}
}

// TestSecrets looks for what an address has beside its brokers.
func TestSecrets(t *testing.T) {
	t.Parallel()
	text, err := asyncapi.Document(about, orderPlaced)
	if err != nil || !bytes.Contains(text, []byte(`"host": "two:9093"`)) || !bytes.Contains(text, []byte(`"kafka-secure"`)) {
		t.Errorf("%s %v", text, err)
	}
	for _, address := range []string{
		"amqp://shop:secret-word@one", "kafka://shop:secret-word%zz@one", "kafka://shop:secret-word@", "kafka://a:secret-word@b c",
		"kafka://one?password=x@secret-word", "kafka://shop:secret-word?x@one", "kafka://shop:x@one?ca=/a@secret-word", "kafka://shop:secret-word",
		"kafka://one?sasl=secret-word", "kafka://shop:x@one?sasl=plain&cert=secret-word",
	} {
		broken := about
		broken.Servers = map[string]string{"x": address}
		if _, err := asyncapi.Document(broken); err == nil || strings.Contains(err.Error(), "secret-word") {
			t.Errorf("%v", err)
		}
	}
	if bytes.Contains(text, []byte("secret-word")) || bytes.Contains(text, []byte("shop:")) {
		t.Errorf("the document has a secret: %s", text)
	}
}

// TestHeaders holds the description of headers against a record that has all of them.
func TestHeaders(t *testing.T) {
	t.Parallel()
	text, err := asyncapi.Document(about, orderPlaced)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas struct {
				Headers struct {
					Required   []string
					Properties map[string]any
				}
			}
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	stated := document.Components.Schemas.Headers
	bareRecord, err := bus.Encode(t.Context(), orderPlaced.New(placed{ID: "1"}))
	if err != nil {
		t.Fatal(err)
	}
	var always []string
	for _, header := range bareRecord[0].Headers {
		always = append(always, header.Key)
	}
	slices.Sort(always)
	slices.Sort(stated.Required)
	if !slices.Equal(always, stated.Required) {
		t.Errorf("a record has %v, and required are %v", always, stated.Required)
	}
	info := request.Info{Tenant: "acme", Principal: "ann", Session: "s", ID: "r", Locale: "de"}
	full, err := bus.Encode(request.With(t.Context(), info), orderPlaced.New(placed{ID: "1"}, bus.Subject("s")))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range full[0].Headers {
		if stated.Properties[header.Key] == nil {
			t.Errorf("%s is not described", header.Key)
		}
	}
	if len(full[0].Headers) < len(always)+6 {
		t.Errorf("%d headers", len(full[0].Headers))
	}
}
