package bus_test

import (
	"reflect"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

// TestPackedHeaders publishes headers as an outbox does that has no columns for them.
func TestPackedHeaders(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "packed", Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	held := bus.Headers{
		{Key: "x", Value: []byte("ä <\x00>")},
		{Key: "x", Value: []byte{}},
		{Key: "nil"},
		{Key: "", Value: []byte{0xff, 0}},
		{Key: "ce_id", Value: []byte("order-1")},
	}
	packed, err := held.Pack()
	if err != nil {
		t.Fatal(err)
	}
	before := bus.Headers{{Key: "ce_id", Value: []byte("uuid")}, {Key: bus.HeaderPacked}}
	for _, test := range []struct{ packed, want bus.Headers }{
		{bus.Headers{before[0], {Key: bus.HeaderPacked, Value: packed}, before[1]}, append(before[:2:2], held...)},
		{before, before},
		{bus.Headers{{Key: bus.HeaderPacked, Value: []byte(`[["x","y"],["z"]]`)}}, nil},
		{bus.Headers{{Key: bus.HeaderPacked, Value: []byte(`[["x",1]]`)}}, nil},
		{bus.Headers{{Key: bus.HeaderPacked, Value: []byte(`text`)}}, nil},
	} {
		if test.want == nil {
			test.want = test.packed
		}
		r := bus.Record{Topic: "packed", Value: []byte("v"), Headers: test.packed}
		result := b.Publish(t.Context(), r.Message())[0]
		if result.Err != nil {
			t.Fatal(result.Err)
		}
		for got, err := range b.Read(t.Context(), "packed", bus.From(map[bus.Partition]int64{0: result.Offset})) {
			if err != nil || !reflect.DeepEqual(got.Headers, test.want) {
				t.Errorf("%q, want %q, %v", got.Headers, test.want, err)
			}
			break
		}
	}
	if _, err := (bus.Headers{{Key: "\xff"}}).Pack(); err == nil {
		t.Error("a key that is not text was packed")
	}
}
