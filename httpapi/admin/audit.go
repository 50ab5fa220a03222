package admin

import (
	"context"
	"time"

	"github.com/millrace/millrace/request"
)

// Outcome is what became of an attempt to do something.
type Outcome string

// The outcomes.
const (
	// OutcomeAsked is told before it is done; if that fails, it is not done.
	OutcomeAsked Outcome = "asked"
	// OutcomeRefused is told of what a viewer may not do, or cannot be done with the row as it is. Nothing else is told of it. Of each principal's
	// attempts 20 a minute are told one by one, and of the others their number, in Omitted of one entry.
	OutcomeRefused Outcome = "refused"
	OutcomeDone    Outcome = "done"
	OutcomeFailed  Outcome = "failed"
)

// Entry is what an audit is told of an attempt.
type Entry struct {
	// ID is the attempt's. One that is done or has failed was asked before under the same id.
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Outcome Outcome   `json:"outcome"`
	// Principal is who asks, with its roles and the tenant that it is bound to, if any.
	Principal request.Principal `json:"principal"`
	Roles     []string          `json:"roles,omitempty"`
	Tenant    request.Tenant    `json:"tenant,omitempty"`
	// Section, Row and Action are what is to be done with what, and Owner the tenant whose row it is.
	Section string         `json:"section"`
	Row     string         `json:"row"`
	Action  string         `json:"action"`
	Owner   request.Tenant `json:"owner,omitempty"`
	// Reason is what the viewer says, and Detail what became of it.
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Omitted is how many more attempts of the principal were refused of which nothing else is told.
	Omitted int `json:"omitted,omitempty"`
	// RequestID is that of the log, and Address where the request came from.
	RequestID string `json:"request_id,omitempty"`
	Address   string `json:"address,omitempty"`
}

// Audit keeps what is done by the console. Record returns when the entry is kept; it is called for several at once, within 10 seconds.
type Audit interface {
	Record(ctx context.Context, entry Entry) error
}

// auditLimit is how long an audit has for an entry.
const auditLimit = 10 * time.Second
