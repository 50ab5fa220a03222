package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/examples/shop/hooks"
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
func (s *Shop) showHooks(w http.ResponseWriter, r *http.Request) error {
	report, err := s.hooks.Report(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, report)
}

// EndpointList is the answer of GET /hooks/endpoints.
type EndpointList struct {
	Endpoints []webhooks.Description `json:"endpoints"`
}

func (s *Shop) listEndpoints(w http.ResponseWriter, r *http.Request) error {
	found, err := s.hooks.Endpoints(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, EndpointList{found})
}

// Registration asks for an endpoint, which is told of events of the types: as "order.placed" or "order.*", or of all where there are none.
type Registration struct {
	URL   string   `json:"url"`
	Types []string `json:"types"`
}

// addEndpoint answers POST /hooks/endpoints: 201 with the secret, which is told this once.
func (s *Shop) addEndpoint(w http.ResponseWriter, r *http.Request) error {
	var asked Registration
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&asked); err != nil {
		return problem(http.StatusBadRequest, "malformed", "send one JSON object: url, types [order.placed, order.*]")
	}
	made, err := s.hooks.Register(r.Context(), asked.URL, asked.Types...)
	switch {
	case errors.Is(err, webhooks.ErrSettings):
		return problem(http.StatusUnprocessableEntity, "invalid-endpoint", err.Error())
	case errors.Is(err, webhooks.ErrTooMany):
		return problem(http.StatusConflict, "too-many", "there are as many endpoints as there may be; remove one first")
	case err != nil:
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusCreated, made)
}

// removeEndpoint answers DELETE /hooks/endpoints/{id}.
func (s *Shop) removeEndpoint(w http.ResponseWriter, r *http.Request) error {
	err := s.hooks.Remove(r.Context(), chi.URLParam(r, "id"))
	if errors.Is(err, webhooks.ErrNoEndpoint) {
		return problem(http.StatusNotFound, "", "there is no such endpoint; GET /hooks/endpoints lists those that are there")
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
