package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
)

// Instance is an instance of a machine as clients see it.
type Instance[S ~string, D any] struct {
	ID    string `json:"id"`
	State S      `json:"state"`
	// Version counts the transitions.
	Version int64     `json:"version" jsonschema:"how many events have changed it"`
	Data    D         `json:"data"`
	Entered time.Time `json:"entered" jsonschema:"when the state was entered"`
}

// routes are those of a machine.
type routes[S, E ~string, D any] struct {
	config

	group   *partitions.Group
	machine *machines.Machine[S, E, D]
	allow   Allow
}

// Machine serves a machine:
//
//   - GET /{name}/{id} answers with the [Instance], from the tables of its owner, and 404 where there is none.
//   - POST /{name}/{id}/{event}, for each event, takes the event's payload and answers with the instance as the event has left it, once that is
//     committed. An event that is not allowed is 409, and 404 where there is no instance and the event does not lead out of the start; the problem
//     has the members state and allowed, the events that lead out of it. With If-Match the event happens only to the instance that has this ETag,
//     which the owner sees to in the event's transaction; else it is 412, with the instance's ETag.
//
// The group must have the machine's Part and the options [partitions.Advertise] and [partitions.PeerSecret], and the steps its Forwarded as Peer: any
// node takes all requests. A payload that is an [operations.Checker] is checked. What is wrong is told by [operations.API.Document].
func Machine[S, E ~string, D any](
	api *operations.API, group *partitions.Group, machine *machines.Machine[S, E, D], allow Allow, opts ...MachineOption,
) {
	if machine == nil || group == nil || allow == nil {
		api.Fail(errors.New("durable: Machine: a group, a machine and a function that decides who may do what are needed"))
		return
	}
	var events []string
	for _, accepted := range machine.Accepts() {
		events = append(events, string(accepted.Event))
	}
	m := routes[S, E, D]{config: configOf(opts, events), group: group, machine: machine, allow: allow}
	if err := errors.Join(append(m.errs, machine.Err())...); err != nil {
		api.Fail(fmt.Errorf("durable: %s: %w", machine.Name(), err))
		return
	}
	name := machine.Name()
	operations.Serve(api, operations.Operation{
		Method: http.MethodGet, Path: m.prefix + "/" + name + "/{id}", ID: operationID("get", name), Tag: name,
		Summary:  "Shows " + name,
		Headers:  []operations.Header{{Name: "ETag", Meaning: "its version"}},
		Problems: []operations.Outcome{{Status: http.StatusNotFound, Meaning: "there is no such " + name}, unavailable(), unanswered()},
		Through:  toOwner(group, m.forward),
	}, m.get)
	for _, accepted := range machine.Accepts() {
		if event := string(accepted.Event); !slices.Contains(m.without, event) {
			operations.Serve(api, operations.Operation{
				Method: http.MethodPost, Path: m.prefix + "/" + name + "/{id}/" + event, ID: operationID(name, event), Tag: name,
				Summary: fmt.Sprintf("Sends %s to %s", event, name),
				Answers: []operations.Outcome{{Status: http.StatusOK, Meaning: "as the event has left it"}},
				Headers: []operations.Header{{Name: "ETag", Meaning: "its version"}},
				Problems: []operations.Outcome{
					{Status: http.StatusNotFound, Meaning: "there is no such " + name + ", and the event makes none"},
					{Status: http.StatusConflict, Meaning: "the event is not allowed: state and allowed say which are"},
					{Status: http.StatusPreconditionFailed, Meaning: "it is not as If-Match says; its ETag says how it is"},
					unavailable(), indefinite(),
				},
				Body: operations.ShapeBy(accepted.Payload, accepted.Schema, accepted.Decode),
			}, m.post(accepted))
		}
	}
}

func (m *routes[S, E, D]) get(ctx context.Context, c operations.Call[at, operations.None]) (a operations.Answer[Instance[S, D]], err error) {
	if err := m.allow.admit(ctx, Access{Verb: Read, Of: m.machine.Name(), ID: c.At.ID}); err != nil {
		return a, err
	}
	var found bool
	err = m.group.View(ctx, c.At.ID, func(v *partitions.View) error {
		var is machines.Instance[S, D]
		is, found = m.machine.Get(ctx, v, c.At.ID)
		a = answerWith(is)
		return nil
	})
	switch {
	case err != nil:
		return a, away(err)
	case !found:
		return a, &httpapi.Problem{Status: http.StatusNotFound, Detail: "there is no such " + m.machine.Name()}
	}
	return a, nil
}

func (m *routes[S, E, D]) post(
	of machines.Accepted[E],
) func(context.Context, operations.Call[eventAt, json.RawMessage]) (operations.Answer[Instance[S, D]], error) {
	return func(ctx context.Context, c operations.Call[eventAt, json.RawMessage]) (a operations.Answer[Instance[S, D]], err error) {
		if err := m.allow.admit(ctx, Access{Verb: Send, Of: m.machine.Name(), ID: c.At.ID, Name: string(of.Event)}); err != nil {
			return a, err
		}
		payload, err := of.Decode(c.Body)
		if err != nil {
			return a, err // Serve has looked at it, so that it is a fault of ours
		}
		if checker, is := payload.(operations.Checker); is {
			if wrong := checker.Check(); len(wrong) > 0 {
				return a, httpapi.Unprocessable("change what the errors name and send it again", wrong...)
			}
		}
		is, err := m.machine.Ask(ctx, m.group, c.At.ID, payload, expecting(c.At.IfMatch)...)
		if changed, unmet := errors.AsType[*machines.ChangedError](err); unmet {
			return a, unmatched(changed, is.Revision())
		}
		if refused, not := errors.AsType[*machines.NotAllowedError](err); not {
			return a, m.problem(refused)
		}
		return answerWith(is), unsure(err)
	}
}

// answerWith is an instance with its ETag.
func answerWith[S ~string, D any](is machines.Instance[S, D]) (a operations.Answer[Instance[S, D]]) {
	a.Body = Instance[S, D]{ID: is.ID, State: is.State, Version: is.Version, Data: is.Data, Entered: is.Entered}
	a.Header = http.Header{headerETag: {tagOf(is.Revision())}}
	return a
}

// problem says why an event was refused, and what is allowed instead.
func (m *routes[S, E, D]) problem(refused *machines.NotAllowedError) *httpapi.Problem {
	allowed := []string{}
	for _, arrow := range m.machine.Chart().Arrows {
		if arrow.From == refused.State && !slices.Contains(m.without, arrow.Event) && !slices.Contains(allowed, arrow.Event) {
			allowed = append(allowed, arrow.Event)
		}
	}
	slices.Sort(allowed)
	p := &httpapi.Problem{Status: http.StatusConflict, Extensions: []httpapi.Extension{
		httpapi.Extend("state", refused.State), httpapi.Extend("allowed", allowed),
	}}
	list := "no event"
	if len(allowed) > 0 {
		list = strings.Join(allowed, ", ")
	}
	switch {
	case refused.Reason != "":
		p.Detail = fmt.Sprintf("%s is refused in the state %s: %s", refused.Event, refused.State, refused.Reason)
	case refused.Missing:
		p.Status, p.Detail = http.StatusNotFound, fmt.Sprintf("there is no such %s; it begins with: %s", refused.Machine, list)
	default:
		p.Detail = fmt.Sprintf("%s is not allowed in the state %s, but %s", refused.Event, refused.State, list)
	}
	return p
}
