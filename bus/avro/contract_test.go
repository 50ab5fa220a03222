package avro_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
	"github.com/millrace/millrace/bus/bustest"
)

type orderV1 struct {
	ID    string `avro:"id"`
	Total int    `avro:"total"`
	Note  string `avro:"note"`
}

type orderV2 struct {
	Coupon *string `avro:"coupon"`
	ID     string  `avro:"id"`
	Note   string  `avro:"note"`
	Total  int     `avro:"total"`
}

const (
	textV1 = `{"type":"record","name":"Order","fields":[{"name":"id","type":"string"},{"name":"total","type":"int"},
		{"name":"note","type":"string","default":""}]}`
	textV2 = `{"type":"record","name":"Order","fields":[{"name":"coupon","type":["null","string"],"default":null},
		{"name":"id","type":"string"},{"name":"note","type":"string","default":""},{"name":"total","type":"int"}]}`
	textV3 = `{"type":"record","name":"Order","fields":[{"name":"id","type":"int"},{"name":"note","type":"string"}]}`
)

func placed[T any](version int, text string) bus.Event[T] {
	return bus.Define("shop.order.placed", func(T) string { return "k" },
		bus.Encoding(avro.Codec[T](avro.Text(text))), bus.Version(version), bus.Partitions(1))
}

func TestContract(t *testing.T) {
	t.Parallel()
	full := newOrder("2")
	full.Items, full.Tags = []item{{SKU: "a", Quantity: -1}}, map[string]bool{"gift": true}
	inner := newOrder("3")
	full.Pay, full.Sub = card{Last: "4711"}, &inner
	bustest.Codec(t, open, orders(), func(a, b order) bool { return reflect.DeepEqual(a, b) }, newOrder("1"), full)

	b := bustest.Open(t)
	v1, v2 := placed[orderV1](1, textV1), placed[orderV2](2, textV2)
	if err := errors.Join(b.Verify(t.Context(), v1), b.Verify(t.Context(), v2)); err != nil {
		t.Fatal(err)
	}
	err := b.Verify(t.Context(), placed[orderV1](3, textV3))
	for _, want := range []string{"total: removed", "id: type changed from string to int"} {
		if !errors.Is(err, bus.ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	coupon := "x"
	msgs := []bus.Message{v1.New(orderV1{ID: "1", Total: 1, Note: "n"}), v2.New(orderV2{ID: "2", Total: 2, Coupon: &coupon})}
	if err := b.Publish(t.Context(), msgs...).Err(); err != nil {
		t.Fatal(err)
	}
	for received, err := range bus.Tail(t.Context(), b, v1, bus.Earliest, bus.UntilEnd()) {
		if want := received.Record.Offset + 1; err != nil || received.Value.ID != fmt.Sprint(want) || int64(received.Value.Total) != want {
			t.Errorf("version 1 reads %+v, %v", received.Value, err)
		}
	}
	for received, err := range bus.Tail(t.Context(), b, v2, bus.Earliest, bus.UntilEnd()) {
		if want := received.Record.Offset + 1; err != nil || received.Value.ID != fmt.Sprint(want) || int64(received.Value.Total) != want {
			t.Errorf("version 2 reads %+v, %v", received.Value, err)
		}
	}
}
