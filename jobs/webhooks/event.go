package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Event is what tenants' endpoints are told. They get {"type", "timestamp", "data"} as JSON, as Standard Webhooks recommends.
type Event struct {
	// ID is the header webhook-id at each endpoint: 1 to 128 of the characters a-z A-Z 0-9 _ -. What comes to an endpoint under an id
	// that it was told is passed over. It is random where it is empty.
	ID string `json:"id"`
	// Type is what endpoints choose by, as "order.placed": 1 to 128 of the characters a-z A-Z 0-9 _ with points between.
	Type string `json:"type"`
	// Time is when it happened; now, where it is zero.
	Time time.Time `json:"time"`
	// Data is JSON of 128 KiB at most. Standard Webhooks recommends less than 20 KB.
	Data json.RawMessage `json:"data"`
}

const maxData = 128 << 10

// happened is an event on its way to the shard of its tenant.
type happened struct {
	Tenant request.Tenant `json:"tenant,omitempty"`
	Event  Event          `json:"event"`
}

func (h happened) key() string { return tenantKey(h.Tenant) }

// tenantKey is what a tenant's records are keyed by: no tenant has the name that stands for none.
func tenantKey(t request.Tenant) string {
	if t == "" {
		return "-"
	}
	return string(t)
}

var typePattern = regexp.MustCompile(`^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*$`)

const maxType = 128

// New makes a message of an event of the context's tenant. It may be published by anything, also within a database transaction by an
// outbox. What is wrong with the event is the error of its publication.
func (h *Hooks) New(ctx context.Context, e Event) bus.Message {
	if h.err != nil {
		return bus.Invalid(resilience.Permanent(h.err))
	}
	if e.ID == "" {
		e.ID = "msg_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	if err := e.check(); err != nil {
		return bus.Invalid(resilience.Permanent(fmt.Errorf("webhooks: %s: %w", h.name, err)))
	}
	return h.happened.New(happened{Tenant: request.From(ctx).Tenant, Event: e}, bus.ID(e.ID))
}

// Send publishes events of the context's tenant: a [bus.Bus], an outbox's transaction or that of a shard. It returns when they are
// published; they are delivered later.
func (h *Hooks) Send(ctx context.Context, p bus.Publisher, events ...Event) bus.Results {
	messages := make([]bus.Message, len(events))
	for i, e := range events {
		messages[i] = h.New(ctx, e)
	}
	return p.Publish(ctx, messages...)
}

func (e Event) check() error {
	switch {
	case !idPattern.MatchString(e.ID):
		return errors.New("an event's id must be 1 to 128 of the characters a-z A-Z 0-9 _ -")
	case len(e.Type) > maxType || !typePattern.MatchString(e.Type):
		return errors.New("an event's type must be 1 to 128 of the characters a-z A-Z 0-9 _ with points between")
	case len(e.Data) > maxData:
		return fmt.Errorf("the event's data has %d bytes of %d: send where to read it instead", len(e.Data), maxData)
	case !json.Valid(e.Data):
		return errors.New("the event's data is not JSON")
	}
	return nil
}

// body is what is delivered: the same bytes however often they are read and written as JSON.
func (e Event) body() (json.RawMessage, error) {
	return json.Marshal(struct { //nolint:wrapcheck // of valid JSON there is JSON
		Type      string          `json:"type"`
		Timestamp time.Time       `json:"timestamp"`
		Data      json.RawMessage `json:"data"`
	}{e.Type, e.Time.UTC(), e.Data})
}
