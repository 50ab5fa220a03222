package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

// actionLimit is how long an action may take.
const actionLimit = time.Minute

// mostBody is how large a request's body may be, in bytes.
const mostBody = 8 << 10

// attempt is an action that somebody asks for.
type attempt struct {
	*Console

	source *source
	action int
	entry  Entry
	row    int
	taken  *snapshot
}

// done answers a request to do something.
func (c *Console) done(w http.ResponseWriter, r *http.Request) error {
	s, err := c.section(r)
	if err != nil {
		return err
	}
	name, offers := parameter(r, "action"), s.about().Actions
	at := slices.IndexFunc(offers, func(o offer) bool { return o.Name == name })
	if at < 0 {
		return notFound("the section has no such action")
	}
	who, info := httpapi.IdentityOf(r.Context()), request.From(r.Context())
	a := &attempt{Console: c, source: s, action: at, entry: Entry{
		ID: request.NewID(), Principal: who.Principal, Roles: who.Roles, Tenant: who.Tenant, Section: s.about().Name,
		Row: parameter(r, "id"), Action: name, RequestID: info.ID, Address: r.RemoteAddr,
	}}
	if err := a.permitted(w, r, offers[at]); err != nil {
		return a.refuse(r.Context(), err)
	}
	if err := a.look(r); err != nil {
		return a.refuse(r.Context(), err)
	}
	leave, err := c.running.enter(held{a.entry.Section, a.entry.Row, a.entry.Owner})
	if err != nil {
		return a.refuse(r.Context(), err)
	}
	defer leave()
	if err := a.judge(r); err != nil {
		return a.refuse(r.Context(), err)
	}
	return a.run(w, r)
}

// permitted says why the viewer may not do it, or has not asked for it well.
func (a *attempt) permitted(w http.ResponseWriter, r *http.Request, o offer) error {
	if err := a.readable(r.Context(), a.source); err != nil {
		return err
	}
	if !a.may(r.Context(), o) {
		return &httpapi.Problem{Status: http.StatusForbidden, Detail: "a role is needed that the principal does not have: " + o.Role}
	}
	if err := a.read(w, r, o); err != nil {
		return err
	}
	return a.pace.take(asker{a.entry.Tenant, a.entry.Principal}, time.Now())
}

// read reads the reason.
func (a *attempt) read(w http.ResponseWriter, r *http.Request, o offer) error {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		return &httpapi.Problem{Status: http.StatusUnsupportedMediaType, Detail: `send {"reason": "…"} as application/json`}
	}
	var body struct {
		Reason string `json:"reason"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return err //nolint:wrapcheck // known to Errors
		}
		return &httpapi.Problem{Status: http.StatusBadRequest, Detail: `send {"reason": "…"} or {}`}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return &httpapi.Problem{Status: http.StatusBadRequest, Detail: `send {"reason": "…"} or {}, and nothing after it`}
	}
	reason := strings.TrimSpace(body.Reason)
	switch {
	case len(reason) > mostReason:
		return httpapi.Unprocessable("the reason is too long", httpapi.Invalid{Pointer: "#/reason", Detail: "500 bytes at most"})
	case reason == "" && o.Reason == ReasonRequired:
		return httpapi.Unprocessable("say why", httpapi.Invalid{Pointer: "#/reason", Detail: "a reason is needed"})
	case reason != "" && o.Reason == ReasonNone:
		return httpapi.Unprocessable("the action takes no reason", httpapi.Invalid{Pointer: "#/reason", Detail: "leave it out"})
	}
	a.entry.Reason = reason
	return nil
}

// refuse tells the audit of an attempt that comes to nothing.
func (a *attempt) refuse(ctx context.Context, why error) error {
	tell, first, omitted := a.refusals.tell(asker{a.entry.Tenant, a.entry.Principal}, time.Now())
	a.untold(context.WithoutCancel(ctx), omitted)
	if first {
		a.log.WarnContext(ctx, "httpapi: a principal's refused actions of this minute are only counted from now on", "principal", a.entry.Principal)
	}
	if !tell {
		return why
	}
	detail := "the request failed"
	if problem, is := errors.AsType[*httpapi.Problem](why); is {
		detail = problem.Detail
	}
	if err := a.tell(ctx, OutcomeRefused, detail); err != nil {
		a.errorf(ctx, "httpapi: the audit was not told of a refused action", "section", a.entry.Section, "action", a.entry.Action,
			"principal", a.entry.Principal, "error", err)
	}
	return why
}

// run does it. What is done is not undone by a client that leaves, so its end is not waited for by the request's context.
func (a *attempt) run(w http.ResponseWriter, r *http.Request) error {
	ctx := context.WithoutCancel(r.Context())
	if err := a.tell(ctx, OutcomeAsked, ""); err != nil {
		a.errorf(ctx, "httpapi: an action was not done, as the audit was not told", "section", a.entry.Section, "action", a.entry.Action,
			"error", err)
		return &httpapi.Problem{
			Status: http.StatusServiceUnavailable, Detail: "the audit cannot be told, so nothing was done; try again",
			Header: http.Header{"Retry-After": {"5"}},
		}
	}
	limited, cancel := context.WithTimeout(ctx, actionLimit)
	defer cancel()
	result, failed := a.safely(limited)
	outcome, detail := OutcomeDone, result
	if failed != nil {
		outcome, detail = OutcomeFailed, told(ctx, failed) // viewers of a tenant see the audit's entries too
	}
	untold := a.tell(ctx, outcome, detail)
	if untold != nil {
		a.errorf(ctx, "httpapi: the audit was not told what became of an action", "section", a.entry.Section, "action", a.entry.Action,
			"row", a.entry.Row, "outcome", outcome, "error", untold)
	}
	a.source.touch()
	a.floor.changed(a.entry.Section)
	if failed != nil {
		return a.failure(ctx, failed)
	}
	return answer(w, struct {
		Result string `json:"result"`
		Audit  string `json:"audit"`
		Untold bool   `json:"untold,omitempty"` // the audit does not have the outcome
	}{result, a.entry.ID, untold != nil})
}

// safely does it, and takes a panic for an error, so that the audit is told.
func (a *attempt) safely(ctx context.Context) (result string, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			a.errorf(ctx, "httpapi: an action of the console panicked", "section", a.entry.Section, "action", a.entry.Action,
				"panic", fmt.Sprint(failure), "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	return a.taken.do(ctx, a.row, a.action, a.entry.Reason)
}

// failure is what a viewer is told of an error: of its tenant's rows no more than that there was one.
func (a *attempt) failure(ctx context.Context, err error) error {
	if _, is := errors.AsType[*httpapi.Problem](err); is {
		return err
	}
	a.errorf(ctx, "httpapi: an action of the console failed", "section", a.entry.Section, "action", a.entry.Action, "row", a.entry.Row, "error", err)
	return &httpapi.Problem{Status: http.StatusInternalServerError, Title: "The action failed", Detail: told(ctx, err)}
}

// tell tells the audit.
func (a *attempt) tell(ctx context.Context, outcome Outcome, detail string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditLimit)
	defer cancel()
	a.entry.At, a.entry.Outcome, a.entry.Detail = time.Now(), outcome, detail
	return a.audit.Record(ctx, a.entry)
}
