package shop

import (
	"net/http"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/asyncapi"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/hooks"
)

// events serves what the shop publishes, and what it takes as which group, as an AsyncAPI document.
func (s *Shop) events() (http.Handler, error) {
	both := func(def bus.Definition, groups ...string) bus.Definition {
		def = asyncapi.Sends(def)
		for _, group := range groups {
			def = asyncapi.Receives(group, def)
		}
		return def
	}
	return asyncapi.Handler(asyncapi.About{
		Title: title, Version: version, Description: "What happens to orders.", Servers: map[string]string{"kafka": s.kafka},
	}, append(s.Contracts(),
		both(OrderPlaced, Group, hooks.EventGroup),
		both(checkout.Orders.Transitions(), MailGroup, checkout.ProgressGroup, hooks.EventGroup),
		both(s.check.Flow.Told(), checkout.ProgressGroup))...)
}
