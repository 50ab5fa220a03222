package durable

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Verb is what somebody wants to do with an instance or a saga.
type Verb string

// The verbs.
const (
	// Read: see an instance, or where a saga is.
	Read Verb = "read"
	// Send: let an event happen to an instance.
	Send Verb = "send"
	// Start: start a saga.
	Start Verb = "start"
	// Cancel: cancel a saga.
	Cancel Verb = "cancel"
	// Signal: send a signal to a saga.
	Signal Verb = "signal"
	// Ask: ask a command.
	Ask Verb = "ask"
)

// Access is what somebody wants to do. Who it is, and for which tenant, the context says: see request.From.
type Access struct {
	Verb Verb
	// Of is the name of the machine or flow, or of what commands are asked of, and ID the instance's, the saga's or the thing's.
	Of, ID string
	// Name is that of the event, signal or command, empty for the other verbs.
	Name string
}

// Allow decides who may do what: nil lets it happen, and an error is answered as [httpapi.Errors.Write] says, so that it is a [httpapi.Problem] of
// status 403 for the most part. It is asked before it is looked whether there is such a thing, and must be safe for concurrent use.
type Allow func(ctx context.Context, to Access) error

// at is the path of an instance, a saga or what commands are asked of.
type at struct {
	ID string `path:"id" jsonschema:"1 to 500 bytes of text without control characters" maxLength:"500" pattern:"^[^\\x00-\\x1f\\x7f]+$"`
}

const maxID = 500

// named says what is wrong with an id.
func named(id string) error {
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	if id == "" || len(id) > maxID || !utf8.ValidString(id) || strings.ContainsFunc(id, control) {
		return &httpapi.Problem{
			Status: http.StatusBadRequest, Detail: fmt.Sprintf("the id must be text of 1 to %d bytes without control characters", maxID),
		}
	}
	return nil
}

// admit refuses what is called wrongly, and what may not be done.
func (allow Allow) admit(ctx context.Context, to Access) error {
	if err := named(to.ID); err != nil {
		return err
	}
	return allow(ctx, to)
}

// idOf is the id in the path of a request.
func idOf(r *http.Request) (string, error) {
	id := chi.URLParam(r, "id")
	if r.URL.RawPath != "" {
		var err error
		if id, err = url.PathUnescape(id); err != nil {
			return "", fmt.Errorf("the id is not escaped as it must be: %w", err)
		}
	}
	return id, named(id)
}

// toOwner lets the owner of the id answer. What is not called as it must be is refused here.
func toOwner(group *partitions.Group, opts []partitions.ForwardOption) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		forward := group.Forward(idOf, opts...)(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := idOf(r); err != nil {
				next.ServeHTTP(w, r)
				return
			}
			forward.ServeHTTP(w, r)
		})
	}
}

// away is the problem of what cannot be asked now, and other errors as they are.
func away(err error) error {
	transient := resilience.Stated(err) && resilience.ClassOf(err) == resilience.ClassTransient
	refused, _ := errors.AsType[*partitions.AskError](err)
	p := &httpapi.Problem{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"1"}}}
	switch {
	case refused != nil && refused.Code == partitions.CodeUnknown:
		p.Detail = "its owner is of a version that cannot do this; nothing was done"
	case errors.Is(err, partitions.ErrNotRunning), errors.Is(err, partitions.ErrNotOwner), transient:
		p.Detail = "its shard is on the move; ask again"
	default:
		return err
	}
	return p
}

// unsure is the problem of what may have been done, or be done later, and else what away says. Where the client has gone nobody is told.
func unsure(err error) error {
	if resilience.ClassOf(err) == resilience.ClassIndefinite && !errors.Is(err, context.Canceled) {
		return &httpapi.Problem{
			Status: http.StatusGatewayTimeout, Detail: "its shard did not answer in time: this may have been done, or be done later",
		}
	}
	return away(err)
}

// indefinite is what unsure answers.
func indefinite() operations.Outcome {
	return operations.Outcome{Status: http.StatusGatewayTimeout, Meaning: "its shard did not answer in time: it may have been done, or be done later"}
}

func unavailable() operations.Outcome {
	return operations.Outcome{Status: http.StatusServiceUnavailable, Meaning: "its shard is on the move; nothing was done"}
}

// unanswered is what Forward answers where the owner breaks off.
func unanswered() operations.Outcome {
	return operations.Outcome{Status: http.StatusBadGateway, Meaning: "its owner did not answer"}
}

// operationID is a name in letters, digits and _.
func operationID(words ...string) string {
	return strings.NewReplacer("-", "_", ".", "_").Replace(strings.Join(words, "_"))
}
