package shop

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
)

// nothing is a call without parameters and body.
type nothing = operations.Call[operations.None, operations.None]

// What the shop's documents call it.
const title, version = "Millrace shop", "1"

// operations serves the shop's API, and its document at /openapi.json.
func (s *Shop) operations(r chi.Router, steps httpapi.Steps) error {
	away := operations.Outcome{Status: http.StatusServiceUnavailable, Meaning: "a server is away; send the same request again"}
	none := []operations.Outcome{{Status: http.StatusNotFound, Meaning: "no order has this id"}}
	location := operations.Header{Name: "Location", Meaning: "where the order, or its progress, is"}
	late := append([]operations.Outcome{{Status: http.StatusConflict, Meaning: "the order is not open yet, or it is too late"}}, none...)
	accepted := []operations.Outcome{{Status: http.StatusAccepted, Meaning: "it will be done"}}
	api := operations.New(r, steps, operations.About{
		Title: title, Version: version, Description: "Orders, and what becomes of them.", Problems: []operations.Outcome{away},
	})
	operations.Serve(api, operations.Operation{
		Method: http.MethodPost, Path: "/orders", ID: "placeOrder", Tag: "orders", Summary: "Places an order, once however often it is sent",
		Answers:  []operations.Outcome{{Status: http.StatusCreated, Meaning: "placed"}, {Status: http.StatusOK, Meaning: "placed before"}},
		Problems: []operations.Outcome{{Status: http.StatusConflict, Meaning: "another order has this id"}},
		Headers:  []operations.Header{location, {Name: "Server-Timing", Meaning: "how long the transaction took"}},
	}, s.placeOrder)
	operations.Serve(api, operations.Operation{
		Method: http.MethodGet, Path: "/orders", ID: "listOrders", Tag: "orders", Summary: "Lists orders, the newest first",
		Headers: []operations.Header{{Name: "Link", Meaning: "the next page, where there is one"}},
	}, s.listOrders)
	operations.Serve(api, operations.Operation{
		Method: http.MethodGet, Path: "/orders/{id}", ID: "getOrder", Tag: "orders", Summary: "Shows an order", Problems: none,
	}, s.getOrder)
	operations.Serve(api, operations.Operation{
		Method: http.MethodGet, Path: "/orders/{id}/progress", ID: "showProgress", Tag: "orders",
		Summary: "Shows what was done for an order", Problems: none,
	}, s.showProgress)
	operations.Serve(api, operations.Operation{
		Method: http.MethodPost, Path: "/orders/{id}/approve", ID: "approveOrder", Tag: "orders", Summary: "Approves a large order",
		Answers: accepted, Problems: none, Headers: []operations.Header{location},
	}, s.approveOrder)
	operations.Serve(api, operations.Operation{
		Method: http.MethodPost, Path: "/orders/{id}/cancel", ID: "cancelOrder", Tag: "orders", Summary: "Gives an order up, unless it is too late",
		Answers: accepted, Problems: late, Headers: []operations.Header{location},
	}, s.cancelOrder)
	s.partnerOperations(api)
	look := func(path, id, summary string) operations.Operation {
		return operations.Operation{Method: http.MethodGet, Path: path, ID: id, Tag: "shop", Summary: summary}
	}
	operations.Serve(api, look("/chart", "showChart", "Shows the machine that an order is"), s.showChart)
	operations.Serve(api, look("/mail", "showMail", "Shows the jobs that send mail, and what was sent"), s.showMail)
	operations.Serve(api, look("/topics", "listTopics", "Lists topics and how many records they have"), s.listTopics)
	operations.Serve(api, look("/lag", "showLag", "Shows how far the shop is behind"), s.showLag)
	operations.Serve(api, look("/clock", "showClock", "Shows the server's time"), s.showClock)
	return api.Publish("/openapi.json")
}

func (s *Shop) partnerOperations(api *operations.API) {
	operations.Serve(api, operations.Operation{
		Method: http.MethodGet, Path: "/hooks", ID: "showHooks", Tag: "webhooks", Summary: "Shows the last deliveries",
	}, s.showHooks)
	operations.Serve(api, operations.Operation{
		Method: http.MethodGet, Path: "/hooks/endpoints", ID: "listEndpoints", Tag: "webhooks", Summary: "Lists endpoints and how they fare",
	}, s.listEndpoints)
	operations.Serve(api, operations.Operation{
		Method: http.MethodPost, Path: "/hooks/endpoints", ID: "addEndpoint", Tag: "webhooks",
		Summary:  "Registers an endpoint, and tells its secret this once",
		Answers:  []operations.Outcome{{Status: http.StatusCreated, Meaning: "it is registered"}},
		Problems: []operations.Outcome{{Status: http.StatusConflict, Meaning: "there are too many"}},
	}, s.addEndpoint)
	operations.Serve(api, operations.Operation{
		Method: http.MethodDelete, Path: "/hooks/endpoints/{id}", ID: "removeEndpoint", Tag: "webhooks", Summary: "Removes an endpoint",
		Answers:  []operations.Outcome{{Status: http.StatusNoContent, Meaning: "it is gone"}},
		Problems: []operations.Outcome{{Status: http.StatusNotFound, Meaning: "there is no such endpoint"}},
	}, s.removeEndpoint)
}
