package shop_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/millrace/millrace/bus/asyncapi"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/checkout"
)

// events is of an AsyncAPI document what the tests look at.
type events struct {
	Channels map[string]struct {
		Messages map[string]any
	}
	Operations map[string]struct {
		Messages []any
	}
}

// Example_asyncapi shows what the shop publishes of an order, and who of it takes what.
func Example_asyncapi() {
	moved := checkout.Orders.Transitions()
	text, err := asyncapi.Document(asyncapi.About{Title: "Shop", Version: "1"},
		asyncapi.Sends(asyncapi.Receives(shop.Group, shop.OrderPlaced)), asyncapi.Sends(asyncapi.Receives(shop.MailGroup, moved)))
	if err != nil {
		fmt.Println(err)
		return
	}
	var document events
	if err := json.Unmarshal(text, &document); err != nil {
		fmt.Println(err)
		return
	}
	for _, topic := range slices.Sorted(maps.Keys(document.Channels)) {
		fmt.Println(topic, slices.Sorted(maps.Keys(document.Channels[topic].Messages)))
	}
	for _, name := range slices.Sorted(maps.Keys(document.Operations)) {
		fmt.Println(name)
	}
	// Output:
	// order.transitions [order.transitioned]
	// outbox.event.order [shop.order.placed]
	// receive/shop-fulfilment/outbox.event.order
	// receive/shop-mail/order.transitions
	// send/order.transitions
	// send/outbox.event.order
}

// TestEventsAreDescribed finds each contract of the shop in its document.
func TestEventsAreDescribed(t *testing.T) {
	t.Parallel()
	contracts := withoutDatabase(t).Contracts()
	text, err := asyncapi.Document(asyncapi.About{Title: "Shop", Version: "1"}, contracts...)
	if err != nil {
		t.Fatal(err)
	}
	var document events
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for _, def := range contracts {
		c := def.Contract()
		if document.Channels[string(c.Topic())].Messages[c.Name()] == nil {
			t.Errorf("%s is not in %s", c.Name(), c.Topic())
		}
	}
}
