package protobuf_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/apipb"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/protobuf"
)

func TestSchema(t *testing.T) {
	t.Parallel()
	schema, err := protobuf.Codec[*Placed]().Schema()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`syntax = "proto3"`, "message Placed {", "message Item {", "optional string note = 4;", `import "shop/money.proto";`} {
		if !strings.Contains(schema.Text, want) {
			t.Errorf("%q is not in:\n%s", want, schema.Text)
		}
	}
	if len(schema.References) != 1 || schema.References[0].Name != "shop/money.proto" || schema.Name != "shop.Placed" || !slices.Equal(schema.Index, []int{0}) {
		t.Errorf("%+v", schema)
	}
	item, err := protobuf.Codec[*Placed_Item]().Schema()
	if err != nil || item.Text != schema.Text || !slices.Equal(item.Index, []int{0, 0}) || item.Name != "shop.Placed.Item" {
		t.Errorf("%+v, %v", item, err)
	}
	if _, err := protobuf.Codec[*apipb.Api]().Compare(item, schema); err != nil {
		t.Errorf("what was described is not compiled: %v", err)
	}
}

func TestSameSchema(t *testing.T) {
	t.Parallel()
	codec := protobuf.Codec[*Placed]()
	older, err := codec.Schema()
	if err != nil {
		t.Fatal(err)
	}
	newer := bus.Schema{
		Type: bus.SchemaProtobuf, Name: "shop.Placed", Text: `
		// Written by hand.
		syntax = "proto3";
		package shop;
		import "google/protobuf/timestamp.proto"; import "elsewhere/money.proto";
		message Placed {
			google.protobuf.Timestamp at = 5;
			optional string note = 4; repeated Item items = 3;
			Money total = 2;
			string id = 1;
			message Item { int32 quantity = 2; string sku = 1; }
		}
		message Other {}`,
		References: []bus.Reference{{Name: "elsewhere/money.proto", Text: `syntax = "proto3"; package shop;
			message Money { int64 cents = 2; string currency = 1; }`}},
	}
	if changes, err := codec.Compare(older, newer); err != nil || len(changes) > 0 {
		t.Errorf("%v, %v", changes, err)
	}
}

func TestCompareRefuses(t *testing.T) {
	t.Parallel()
	codec := protobuf.Codec[*Placed]()
	good, err := codec.Schema()
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]bus.Schema{
		"language": {Type: bus.SchemaJSON, Text: "{}"},
		"syntax":   {Type: bus.SchemaProtobuf, Name: "shop.Placed", Text: "message {"},
		"name":     {Type: bus.SchemaProtobuf, Name: "shop.Other", Text: good.Text, References: good.References},
		"import":   {Type: bus.SchemaProtobuf, Name: "shop.Placed", Text: good.Text},
		"empty":    {Type: bus.SchemaProtobuf, Text: `syntax = "proto3";`},
	} {
		if changes, err := codec.Compare(good, bad); err == nil {
			t.Errorf("%s: %v", name, changes)
		}
	}
}

func FuzzCompare(f *testing.F) {
	codec := protobuf.Codec[*Placed]()
	good, err := codec.Schema()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Text)
	f.Add(`edition = "2023"; package shop; message Placed { map<string, Placed> a = 1; oneof x { int32 b = 2; } reserved 3 to max; }`)
	f.Fuzz(func(t *testing.T, text string) {
		other := bus.Schema{Type: bus.SchemaProtobuf, Name: "shop.Placed", Text: text, References: good.References}
		changes, err := codec.Compare(good, other)
		back, errBack := codec.Compare(other, good)
		if (err == nil) != (errBack == nil) || len(changes) == 0 != (len(back) == 0) {
			t.Fatalf("%v, %v; the other way round %v, %v", changes, err, back, errBack)
		}
	})
}
