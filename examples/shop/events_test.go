package shop_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
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
	Servers map[string]struct {
		Security []any
	}
	Components struct {
		SecuritySchemes map[string]struct{ Type string }
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

// TestEventsAreDescribed asks for the document of a shop whose Kafka wants a password, and finds each of its contracts, but not that.
func TestEventsAreDescribed(t *testing.T) {
	t.Parallel()
	s := withoutDatabase(t, shop.KafkaAddress("kafkas://shop:secret-word@one:9093,two"))
	got := httptest.NewRecorder()
	s.Handler().ServeHTTP(got, httptest.NewRequestWithContext(t.Context(), "GET", "/asyncapi.json", http.NoBody))
	var document events
	if err := json.Unmarshal(got.Body.Bytes(), &document); err != nil || got.Header().Get("Content-Type") != asyncapi.MediaType {
		t.Fatalf("%d %v: %v", got.Code, got.Header(), err)
	}
	for _, def := range s.Contracts() {
		c := def.Contract()
		if document.Channels[string(c.Topic())].Messages[c.Name()] == nil {
			t.Errorf("%s is not in %s", c.Name(), c.Topic())
		}
	}
	for _, operation := range []string{
		"receive/shop-mail/order.transitions", "send/outbox.event.order", "receive/shop-webhook-events/outbox.event.order",
	} {
		if len(document.Operations[operation].Messages) == 0 {
			t.Errorf("%s is not among %v", operation, slices.Sorted(maps.Keys(document.Operations)))
		}
	}
	if strings.Contains(got.Body.String(), "secret-word") || len(document.Servers["kafka-2"].Security) != 1 ||
		document.Components.SecuritySchemes["scram-sha-512"].Type != "scramSha512" {
		t.Errorf("%v %v", document.Servers, document.Components)
	}
}
