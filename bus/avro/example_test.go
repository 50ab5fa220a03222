package avro_test

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/avro"
)

func ExampleCodec() {
	type Order struct {
		ID    string `avro:"id"`
		Total int64  `avro:"total"`
	}
	const schema = `{"type": "record", "name": "Order", "fields": [
		{"name": "id", "type": "string"}, {"name": "total", "type": "long"}]}`
	placed := bus.Define("shop.order.placed", func(o Order) string { return o.ID }, bus.Encoding(avro.Codec[Order](avro.Text(schema))))

	records, err := bus.Encode(context.Background(), placed.New(Order{ID: "42", Total: 1999}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s %s %x\n", records[0].Key, records[0].ContentType(), records[0].Value)
	fmt.Println(placed.Decode(records[0]))
	// Output:
	// 42 application/avro 0434329e1f
	// {42 1999} <nil>
}

// A field of an interface type holds whichever branch of a union was written.
func ExampleBranch() {
	type Card struct {
		Last string `avro:"last"`
	}
	type Payment struct {
		By any `avro:"by"`
	}
	const schema = `{"type": "record", "name": "shop.Payment", "fields": [{"name": "by", "type": ["null",
		{"type": "record", "name": "Card", "fields": [{"name": "last", "type": "string"}]}]}]}`
	codec := avro.Codec[Payment](avro.Text(schema), avro.Branch[Card]("shop.Card"))

	data, err := codec.Encode(Payment{By: Card{Last: "4711"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	payment, err := codec.Decode(data)
	fmt.Printf("%+v %v\n", payment, err)
	// Output: {By:{Last:4711}} <nil>
}
