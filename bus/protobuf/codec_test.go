package protobuf_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/protobuf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB) *bus.Bus { t.Helper(); return bustest.Open(t) }

func same(a, b *Placed) bool { return proto.Equal(a, b) }

func drawOrder(t *rapid.T) *Placed {
	order := &Placed{
		Id: rapid.String().Draw(t, "id"),
		At: timestamppb.New(time.UnixMilli(rapid.Int64Range(0, 1<<40).Draw(t, "at"))),
	}
	if rapid.Bool().Draw(t, "total") {
		order.Total = &Money{Currency: "EUR", Cents: rapid.Int64().Draw(t, "cents")}
	}
	order.Note = rapid.Ptr(rapid.String(), true).Draw(t, "note")
	for range rapid.IntRange(0, 3).Draw(t, "items") {
		order.Items = append(order.Items, &Placed_Item{Sku: rapid.String().Draw(t, "sku"), Quantity: rapid.Int32().Draw(t, "quantity")})
	}
	return order
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	codec := protobuf.Codec[*Placed]()
	rapid.Check(t, func(t *rapid.T) {
		order := drawOrder(t)
		order.ProtoReflect().SetUnknown([]byte("\xfa\x3f\x01x"))
		data, err := codec.Encode(order)
		if err != nil {
			t.Fatal(err)
		}
		back, err := codec.Decode(data)
		if err != nil || !proto.Equal(order, back) {
			t.Fatalf("%v became %v, %v", order, back, err)
		}
		if again, err := codec.Encode(back); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x became %x, %v", data, again, err)
		}
	})
	if data, err := codec.Encode(&Placed{}); err != nil || data == nil || len(data) != 0 {
		t.Errorf("an empty message is %v, %v", data, err)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	codec := protobuf.Codec[*Placed]()
	for _, data := range []string{"\x0a\x06secre", "\x0a\x06secre\xff", "\x00secret", "\x0f", "\x12\x08\x0a\x06secre\xff"} {
		if _, err := codec.Decode([]byte(data)); err == nil || strings.Contains(err.Error(), "secre") {
			t.Errorf("%q: %v", data, err)
		}
	}
	if _, err := codec.Encode(nil); err == nil {
		t.Error("a nil message was encoded")
	}
	if _, err := codec.Encode(&Placed{Id: "secret\xff"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("text that is not UTF-8: %v", err)
	}
	none := protobuf.Codec[proto.Message]()
	_, errEncode := none.Encode(&Placed{})
	_, errDecode := none.Decode(nil)
	_, errSchema := none.Schema()
	for _, err := range []error{errEncode, errDecode, errSchema} {
		if err == nil || !strings.Contains(err.Error(), "generated message") {
			t.Errorf("an interface for a type: %v", err)
		}
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	note := "ring twice"
	bustest.Codec(t, open, protobuf.Codec[*Placed](), same,
		&Placed{}, &Placed{Id: "1", Note: &note}, &Placed{Id: "2", Total: &Money{Cents: -1}, Items: []*Placed_Item{{Sku: "a"}, {}}})
	b := bustest.Open(t)
	older, err := json.Marshal(bus.Schema{Type: bus.SchemaProtobuf, Name: "shop.Placed", Text: `syntax = "proto3"; package shop;
		message Placed { message Item { string sku = 1; string quantity = 2; } string id = 1; repeated Item items = 3; int64 paid = 9; }`})
	if err := errors.Join(err, b.Create(t.Context(), bus.TopicSpec{Name: bus.SchemaTopic, Partitions: 1})); err != nil {
		t.Fatal(err)
	}
	record := bus.Record{Topic: bus.SchemaTopic, Key: []byte("shop.order.placed/1"), Value: older}
	if err := b.Publish(t.Context(), record.Message()).Err(); err != nil {
		t.Fatal(err)
	}
	event := bus.Define("shop.order.placed", (*Placed).GetId, bus.Encoding(protobuf.Codec[*Placed]()), bus.Version(2))
	refused, ok := errors.AsType[*bus.IncompatibleError](b.Verify(t.Context(), event))
	if !ok || len(refused.Changes) != 2 {
		t.Fatalf("%v", refused)
	}
	for _, want := range []string{"items[].quantity: type changed from string to int32", "paid: removed, but its number 9 is not reserved"} {
		if !strings.Contains(refused.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, refused)
		}
	}
}

func FuzzDecode(f *testing.F) {
	codec := protobuf.Codec[*Placed]()
	f.Add([]byte("\x0a\x011\x12\x05\x0a\x03EUR\x1a\x05\x0a\x01a\x10\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := codec.Decode(data)
		if err != nil {
			return
		}
		again, err := codec.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := codec.Decode(again); err != nil || !proto.Equal(v, back) {
			t.Fatalf("%x: %v", data, err)
		}
	})
}
