package webhooks

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// Attempt is one attempt to deliver an event.
type Attempt struct {
	Event string `json:"event"`
	Type  string `json:"type"`
	// Number is 1 for the first attempt of the event's delivery.
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	// Took is how long it took, in nanoseconds of JSON.
	Took time.Duration `json:"took"`
	// Status is the answer's, 0 where there was none.
	Status int `json:"status,omitempty"`
	// Failed is why there was no answer: "timeout", "target refused", "name not found", "tls", "connection failed", "no valid answer" or
	// "secret not readable".
	Failed string `json:"failed,omitempty"`
	// Excerpt is the beginning of the answer's body.
	Excerpt string `json:"excerpt,omitempty"`
	// Outcome is "delivered", "failed", "dead" for the last attempt of all, or "test".
	Outcome string `json:"outcome"`
	// Next is when the next attempt is due.
	Next time.Time `json:"next"`
}

// Outcomes of attempts.
const (
	OutcomeDelivered = "delivered"
	OutcomeFailed    = "failed"
	OutcomeDead      = "dead"
	OutcomeTest      = "test"
)

// Attempted tells of an attempt, in the topic "<name>.told" under the type "<name>.attempted", keyed by the endpoint's id.
type Attempted struct {
	Tenant   request.Tenant `json:"tenant,omitempty"`
	Endpoint string         `json:"endpoint"`
	Attempt
}

// Notice tells what has become of an endpoint, or of a delivery that is given up, in the same topic under the type "<name>.noticed".
type Notice struct {
	Kind     string         `json:"kind"`
	Tenant   request.Tenant `json:"tenant,omitempty"`
	Endpoint string         `json:"endpoint"`
	// Event is that of a delivery which is dead.
	Event  string    `json:"event,omitempty"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Kinds of notices.
const (
	NoticeCreated  = "created"
	NoticeRotated  = "rotated"
	NoticeEnabled  = "enabled"
	NoticeDisabled = "disabled" // by somebody, by an answer of 410, or after days of failure: the reason says it
	NoticeDeleted  = "deleted"
	NoticeFailing  = "failing" // the breaker has opened
	NoticeDead     = "dead"
)

func (h *Hooks) notice(tx *partitions.Tx, n Notice) error {
	n.At = tx.Now()
	return tell(tx, n.Tenant, h.noticed.New(n))
}

// emit publishes for a tenant: what is handled does not say everywhere whose it is.
func emit(tx *partitions.Tx, tenant request.Tenant, m bus.Message) error {
	return tx.Publish(of(tx, tenant), m).Err()
}

// tell publishes what nothing depends on.
func tell(tx *partitions.Tx, tenant request.Tenant, m bus.Message) error {
	if !tx.Tell(of(tx, tenant), m) {
		untold.Add(tx, 1)
	}
	return tx.Err()
}

func of(tx *partitions.Tx, tenant request.Tenant) context.Context {
	info := request.From(tx.Context())
	info.Tenant = tenant
	return request.With(tx.Context(), info)
}
