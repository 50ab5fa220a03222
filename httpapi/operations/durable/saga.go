package durable

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/sagas"
)

// Progress is where a saga is, as clients see it.
type Progress[Out any] struct {
	ID        string       `json:"id"`
	Status    sagas.Status `json:"status" enum:"running,waiting,compensating,parked,completed,compensated,abandoned"`
	Started   time.Time    `json:"started"`
	Changed   time.Time    `json:"changed"`
	Cancelled bool         `json:"cancelled,omitempty"`
	// Reason is why it has failed, was cancelled, or is parked.
	Reason string `json:"reason,omitempty"`
	// Result is what the flow has returned, where the saga is completed.
	Result *Out `json:"result,omitempty"`
}

// cancelling is the body of a cancellation.
type cancelling struct {
	Reason string `json:"reason,omitempty" maxLength:"500"`
}

// flowing are the routes of a flow.
type flowing[In, Out any] struct {
	sagaConfig

	group *partitions.Group
	flow  *sagas.Flow[In, Out]
	to    bus.Publisher
	allow Allow
}

// Saga serves a flow:
//
//   - POST /{name}/{id} starts a saga with the body, and answers 202 with its Location. The same id again is the same saga, whatever the body is.
//   - GET /{name}/{id} answers with its [Progress], and 404 where there is none. A saga that was started a moment ago may not be there yet.
//   - POST /{name}/{id}/cancel cancels it, for principals with the role that [Operators] names, and answers 202.
//   - POST /{name}/{id}/signals/{signal} sends a signal that [Signals] names, and answers 202, whether there is such a saga or not.
//
// What is sent goes through the publisher, such as the bus. The group must have the flow's Part; any node takes all requests. What is wrong is told
// by [operations.API.Document].
func Saga[In, Out any](
	api *operations.API, group *partitions.Group, flow *sagas.Flow[In, Out], to bus.Publisher, allow Allow, opts ...SagaOption,
) {
	if flow == nil || group == nil || to == nil || allow == nil {
		api.Fail(errors.New("durable: Saga: a group, a flow, a publisher and a function that decides who may do what are needed"))
		return
	}
	f := flowing[In, Out]{sagaConfig: sagaConfigOf(opts), group: group, flow: flow, to: to, allow: allow}
	name := flow.Name()
	if err := errors.Join(append(f.errs, flow.Err())...); err != nil {
		api.Fail(fmt.Errorf("durable: %s: %w", name, err))
		return
	}
	path := f.prefix + "/" + name + "/{id}"
	operations.Serve(api, operations.Operation{
		Method: http.MethodPost, Path: path, ID: operationID("start", name), Tag: name, Summary: "Starts " + name,
		Answers: accepted("it is started, or was before"), Headers: []operations.Header{{Name: "Location", Meaning: "where it is"}},
	}, f.start)
	operations.Serve(api, operations.Operation{
		Method: http.MethodGet, Path: path, ID: operationID("get", name), Tag: name, Summary: "Shows where " + name + " is",
		Problems: []operations.Outcome{{Status: http.StatusNotFound, Meaning: "there is no such " + name}, unavailable()},
	}, f.get)
	operations.Serve(api, operations.Operation{
		Method: http.MethodPost, Path: path + "/cancel", ID: operationID("cancel", name), Tag: name, Summary: "Cancels " + name,
		Answers: accepted("it will be cancelled, unless it has ended"), Roles: f.operators,
	}, f.cancel)
	for _, serve := range f.signals {
		serve(api, path, signaled{flow: flow, name: name, to: to, allow: allow})
	}
}

func accepted(meaning string) []operations.Outcome {
	return []operations.Outcome{{Status: http.StatusAccepted, Meaning: meaning}}
}

func (f *flowing[In, Out]) start(ctx context.Context, c operations.Call[at, In]) (a operations.Answer[operations.None], err error) {
	if err := f.allow.admit(ctx, Access{Verb: Start, Of: f.flow.Name(), ID: c.At.ID}); err != nil {
		return a, err
	}
	a.Header = http.Header{"Location": {"./" + url.PathEscape(c.At.ID)}} // from the address of the request, wherever the router is mounted
	return a, f.flow.Start(ctx, f.to, c.At.ID, c.Body).Err()
}

func (f *flowing[In, Out]) get(ctx context.Context, c operations.Call[at, operations.None]) (a operations.Answer[Progress[Out]], err error) {
	if err := f.allow.admit(ctx, Access{Verb: Read, Of: f.flow.Name(), ID: c.At.ID}); err != nil {
		return a, err
	}
	handle := f.flow.Handle(f.group, c.At.ID)
	is, err := handle.Describe(ctx)
	if errors.Is(err, sagas.ErrNotFound) {
		return a, &httpapi.Problem{Status: http.StatusNotFound, Detail: "there is no such " + f.flow.Name()}
	}
	if err != nil {
		return a, away(err)
	}
	a.Body = Progress[Out]{
		ID: is.ID, Status: is.Status, Started: is.Started, Changed: is.Changed, Cancelled: is.Cancelled, Reason: is.Reason,
	}
	if is.Status == sagas.Completed {
		result, err := handle.Result(ctx)
		a.Body.Result = &result
		return a, away(err)
	}
	return a, nil
}

func (f *flowing[In, Out]) cancel(ctx context.Context, c operations.Call[at, cancelling]) (a operations.Answer[operations.None], err error) {
	if err := f.allow.admit(ctx, Access{Verb: Cancel, Of: f.flow.Name(), ID: c.At.ID}); err != nil {
		return a, err
	}
	return a, f.flow.Cancel(ctx, f.to, c.Body.Reason, c.At.ID).Err()
}
