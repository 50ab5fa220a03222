package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/millrace/millrace/examples/shop/hooks"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/jobs/webhooks"
)

// forPartners is what partners are told of a placed order: not who the customer is.
func forPartners(o Order) (webhooks.Event, error) {
	data, err := json.Marshal(struct {
		Order      string `json:"order"`
		Items      []Item `json:"items"`
		TotalCents int64  `json:"total_cents"`
	}{o.ID, o.Items, o.TotalCents})
	return webhooks.Event{Type: "order.placed", Time: o.PlacedAt, Data: data}, err //nolint:wrapcheck // of such a struct there is none
}

// attempted tells the browsers of an attempt to deliver a webhook.
func (s *Shop) attempted(ctx context.Context, d hooks.Delivery) error {
	if err := Deliveries.Publish(ctx, s.bus, d.Endpoint, d).Err(); err != nil {
		return fmt.Errorf("shop: broadcast the delivery of %s: %w", d.Event, err)
	}
	return nil
}

// noticed tells the browsers what becomes of an endpoint.
func (s *Shop) noticed(ctx context.Context, n webhooks.Notice) error {
	if err := Endpoints.Publish(ctx, s.bus, n.Endpoint, n).Err(); err != nil {
		return fmt.Errorf("shop: broadcast the endpoint %s: %w", n.Endpoint, err)
	}
	return nil
}

// showHooks answers GET /hooks: the last deliveries, and what the shop's own receiver has seen.
func (s *Shop) showHooks(ctx context.Context, _ nothing) (answer operations.Answer[hooks.Report], err error) {
	answer.Body, err = s.hooks.Report(ctx)
	return answer, err
}

// EndpointList is the answer of GET /hooks/endpoints.
type EndpointList struct {
	Endpoints []webhooks.Description `json:"endpoints"`
}

func (s *Shop) listEndpoints(ctx context.Context, _ nothing) (answer operations.Answer[EndpointList], err error) {
	answer.Body.Endpoints, err = s.hooks.Endpoints(ctx)
	return answer, err
}

// Registration asks for an endpoint, which is told of events of the types: as "order.placed" or "order.*", or of all where there are none.
type Registration struct {
	URL   string   `json:"url" jsonschema:"an address that begins with https://" pattern:"^https?://[!-~]+$" maxLength:"2000"`
	Types []string `json:"types,omitzero" jsonschema:"types of events, such as order.placed or order.*; all by default" maxItems:"20"`
}

// addEndpoint answers POST /hooks/endpoints: 201 with the secret, which is told this once.
func (s *Shop) addEndpoint(
	ctx context.Context, asked operations.Call[operations.None, Registration],
) (answer operations.Answer[hooks.Registered], err error) {
	answer.Body, err = s.hooks.Register(ctx, asked.Body.URL, asked.Body.Types...)
	switch {
	case errors.Is(err, webhooks.ErrSettings):
		return answer, problem(http.StatusUnprocessableEntity, "invalid-endpoint", err.Error())
	case errors.Is(err, webhooks.ErrTooMany):
		return answer, problem(http.StatusConflict, "too-many", "there are as many endpoints as there may be; remove one first")
	}
	return answer, err
}

// Partner is the endpoint of a request's path.
type Partner struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9._-]{1,64}$" jsonschema:"an endpoint's id"`
}

// removeEndpoint answers DELETE /hooks/endpoints/{id}.
func (s *Shop) removeEndpoint(
	ctx context.Context, asked operations.Call[Partner, operations.None],
) (answer operations.Answer[operations.None], err error) {
	err = s.hooks.Remove(ctx, asked.At.ID)
	if errors.Is(err, webhooks.ErrNoEndpoint) {
		return answer, problem(http.StatusNotFound, "", "there is no such endpoint; GET /hooks/endpoints lists those that are there")
	}
	return answer, err
}
