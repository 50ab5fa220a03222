package protobuf_test

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/protobuf"
)

func ExampleCodec() {
	placed := bus.Define("shop.order.placed", (*Placed).GetId, bus.Encoding(protobuf.Codec[*Placed]()))

	records, err := bus.Encode(context.Background(), placed.New(&Placed{Id: "42", Total: &Money{Currency: "EUR", Cents: 1999}}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s %x\n", records[0].Key, records[0].ContentType(), records[0].Value)

	order, err := placed.Decode(records[0])
	fmt.Println(order.GetTotal().GetCents(), err)
	// Output:
	// 42 application/protobuf 0a02343212080a0345555210cf0f
	// 1999 <nil>
}

// What bus.Bus.Verify shows when a change would break somebody.
func ExampleCodec_compare() {
	schema := func(text string) bus.Schema { return bus.Schema{Type: bus.SchemaProtobuf, Text: text} }
	changes, err := protobuf.Codec[*Placed]().Compare(
		schema(`syntax = "proto3"; message Placed { string id = 1; int32 total = 2; string note = 3; }`),
		schema(`syntax = "proto3"; message Placed { string id = 1; int64 total = 2; string coupon = 4; reserved 3; }`),
	)
	for _, change := range changes {
		fmt.Println(change)
	}
	fmt.Println(err)
	// Output:
	// total: type changed from int32 to int64 (breaks older consumers reading newer events)
	// note: removed, its number 3 is reserved
	// coupon: added
	// <nil>
}
