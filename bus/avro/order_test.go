package avro_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
	"github.com/millrace/millrace/bus/bustest"
)

// order is a payload whose schema is given as text.
type order struct {
	ID    string          `avro:"id"`
	Total int64           `avro:"total"`
	At    time.Time       `avro:"at"`
	State string          `avro:"state"`
	Note  *string         `avro:"note"`
	Items []item          `avro:"items"`
	Tags  map[string]bool `avro:"tags"`
	Pay   any             `avro:"pay"`
	Sub   *order          `avro:"sub"`
}

type item struct {
	SKU      string `avro:"sku"`
	Quantity int    `avro:"quantity"`
}

type card struct {
	Last string `avro:"last"`
}

const orderText = `{"type": "record", "name": "shop.Order", "fields": [
	{"name": "id", "type": "string"},
	{"name": "total", "type": "long"},
	{"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
	{"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["NEW", "PAID"], "default": "NEW"}},
	{"name": "note", "type": ["null", "string"], "default": null},
	{"name": "items", "type": {"type": "array", "items": {"type": "record", "name": "Item", "fields": [
		{"name": "sku", "type": "string"}, {"name": "quantity", "type": "int"}]}}},
	{"name": "tags", "type": {"type": "map", "values": "boolean"}},
	{"name": "pay", "type": ["null", {"type": "record", "name": "Card", "fields": [{"name": "last", "type": "string"}]}, "double"]},
	{"name": "sub", "type": ["null", "Order"]}]}`

func orders() bus.Codec[order] {
	return avro.Codec[order](avro.Text(orderText), avro.Branch[card]("shop.Card"))
}

func newOrder(id string) order {
	return order{ID: id, State: "NEW", Items: []item{}, Tags: map[string]bool{}, At: time.UnixMilli(0).UTC()}
}

func open(t testing.TB) *bus.Bus { t.Helper(); return bustest.Open(t) }

func drawOrder(t *rapid.T, depth int) order {
	o := newOrder(rapid.String().Draw(t, "id"))
	o.Total = rapid.Int64().Draw(t, "total")
	o.At = time.UnixMilli(rapid.Int64Range(0, 1<<40).Draw(t, "at")).UTC()
	o.State = rapid.SampledFrom([]string{"NEW", "PAID"}).Draw(t, "state")
	o.Note = rapid.Ptr(rapid.String(), true).Draw(t, "note")
	for range rapid.IntRange(0, 3).Draw(t, "items") {
		o.Items = append(o.Items, item{SKU: rapid.String().Draw(t, "sku"), Quantity: int(rapid.Int32().Draw(t, "quantity"))})
	}
	o.Tags = rapid.MapOf(rapid.String(), rapid.Bool()).Draw(t, "tags")
	o.Pay = rapid.SampledFrom([]any{nil, card{Last: "4711"}, 1.5}).Draw(t, "pay")
	if depth > 0 && rapid.Bool().Draw(t, "deeper") {
		inner := drawOrder(t, depth-1)
		o.Sub = &inner
	}
	return o
}
