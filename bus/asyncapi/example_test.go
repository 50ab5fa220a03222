package asyncapi_test

import (
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/asyncapi"
)

// Payment is an event's payload.
type Payment struct {
	Order string `json:"order"`
	Cents int64  `json:"cents"`
}

// Example describes an application that publishes one kind of event.
func Example() {
	paid := bus.Define("bank.payment.made", func(p Payment) string { return p.Order }, bus.Partitions(6))
	text, err := asyncapi.Document(asyncapi.About{
		Title: "Bank", Version: "1", Servers: map[string]string{"production": "kafkas://bank:password@kafka:9093"},
	}, asyncapi.Sends(paid))
	if err != nil {
		fmt.Println(err)
		return
	}
	var document struct {
		Servers  map[string]any
		Channels map[string]struct {
			Bindings any
		}
		Operations map[string]struct {
			Action   string
			Messages []any
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(document.Servers)
	fmt.Println(document.Channels)
	fmt.Println(document.Operations)
	// Output:
	// map[production:map[host:kafka:9093 protocol:kafka-secure security:[map[$ref:#/components/securitySchemes/scram-sha-512]]]]
	// map[outbox.event.payment:{map[kafka:map[bindingVersion:0.5.0 partitions:6 topic:outbox.event.payment]]}]
	// map[send/outbox.event.payment:{send [map[$ref:#/channels/outbox.event.payment/messages/bank.payment.made]]}]
}
