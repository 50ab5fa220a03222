package operations

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/millrace/millrace/httpapi"
)

const problemShape = "Problem"

// problemSchema is what problems are: see [httpapi.Problem].
func problemSchema() *jsonschema.Schema {
	text := func(note string) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Description: note} }
	place := &jsonschema.Schema{Type: "object", Required: []string{"detail"}, Properties: map[string]*jsonschema.Schema{
		"pointer":   text("a JSON Pointer into the body, as a fragment"),
		"parameter": text("the name of a parameter or header"),
		"detail":    text("what to change"),
	}}
	return &jsonschema.Schema{
		Type: "object", Description: "An error, as RFC 9457 says. It may have more members.",
		Required: []string{"type", "title", "status"},
		Properties: map[string]*jsonschema.Schema{
			"type": text("a URI reference that names the kind of problem"), "title": text("a short text for the kind"),
			"status": {Type: "integer", Minimum: new(400.0), Maximum: new(599.0)}, "detail": text("what to do about it"),
			"instance": text("a URI reference of this case"), "request_id": text("the request's id, by which logs know it"),
			"errors": {Type: "array", Items: place, Description: "what is wrong with the request, and where"},
		},
		PropertyOrder: []string{"type", "title", "status", "detail", "instance", "request_id", "errors"},
	}
}

// keyed says whether an operation takes idempotency keys, as the step Idempotency does by default.
func (a *API) keyed(d *described) bool {
	return a.steps.Idempotency != nil && (d.Method == http.MethodPost || d.Method == http.MethodPatch)
}

// has says whether a header is among the parameters.
func (all parameters) has(header string) bool {
	return slices.ContainsFunc(all, func(p parameter) bool { return p.In == "header" && strings.EqualFold(p.Name, header) })
}

func idempotencyKey() parameter {
	return parameter{
		Name: httpapi.HeaderIdempotencyKey, In: "header",
		Description: "Names the request, so that it may be repeated: a repeated one gets the first one's answer. Such as a UUID, in quotes.",
		Schema:      &jsonschema.Schema{Type: "string", Pattern: `^("[!#-\[\]-~]{1,255}"|[!#-~]{1,255})$`},
	}
}

// failures are all statuses of failure that an operation may have, and why.
func (a *API) failures(d *described) map[int]string {
	all := map[int]string{}
	add := func(is bool, status int, meaning string) {
		if _, has := all[status]; is && !has {
			all[status] = meaning
		} else if is {
			all[status] += "; " + meaning
		}
	}
	for _, some := range [][]Outcome{d.Problems, a.about.Problems} {
		for _, outcome := range some {
			add(true, outcome.Status, cmp.Or(outcome.Meaning, http.StatusText(outcome.Status)))
		}
	}
	identified, changes, keyed := a.steps.Identify != nil, !d.reads() && d.Method != http.MethodOptions, a.keyed(d)
	add(len(d.parameters) > 0, http.StatusBadRequest, "a parameter is not as it must be")
	add(d.takes.is, http.StatusBadRequest, "the body is malformed, or ended early")
	add(keyed, http.StatusBadRequest, "the idempotency key is none")
	add(identified, http.StatusBadRequest, "the tenant is none, or is missing")
	add(identified, http.StatusUnauthorized, "credentials are missing or not good")
	add(identified, http.StatusForbidden, "the principal may not do this, or not for this tenant")
	add(a.steps.CrossOrigin != nil && changes, http.StatusForbidden, "a page of another origin may not change anything")
	add(d.takes.is, http.StatusRequestTimeout, "the body came too slowly")
	add(keyed, http.StatusConflict, "the first request with this idempotency key still runs")
	add(a.steps.ReplayGuard != nil, http.StatusUnauthorized, "the request is not signed as it must be")
	add(a.steps.ReplayGuard != nil, http.StatusConflict, "the signed request was received before")
	add(a.steps.ReplayGuard != nil, http.StatusServiceUnavailable, "nobody can say whether the signed request was received before")
	add(a.steps.MaxBody >= 0 && (d.takes.is || changes), http.StatusRequestEntityTooLarge, "the body is too large")
	add(d.takes.is, http.StatusUnsupportedMediaType, "the body is not JSON, or is compressed")
	add(d.takes.is, http.StatusUnprocessableEntity, "the body's content is not as it must be")
	add(keyed, http.StatusUnprocessableEntity, "the idempotency key was used for another request")
	add(a.steps.RateLimit != nil, http.StatusTooManyRequests, "there were too many requests")
	add(true, http.StatusInternalServerError, "the server failed")
	add(keyed, http.StatusServiceUnavailable, "the idempotency key cannot be looked up; nothing was done")
	add(a.steps.Timeout >= 0, http.StatusGatewayTimeout, "the server did not answer in time; it may have done what was asked")
	return all
}

// responses are all answers that an operation may have.
func (a *API) responses(d *described) map[string]*response {
	all := map[string]*response{}
	for _, outcome := range d.Answers {
		r := &response{Description: cmp.Or(outcome.Meaning, http.StatusText(outcome.Status)), Headers: a.headers(d, true)}
		if d.gives.is && outcome.Status != http.StatusNoContent {
			r.Content = jsonOf(d.gives.shape)
		}
		all[strconv.Itoa(outcome.Status)] = r
	}
	if d.tagged() {
		all[strconv.Itoa(http.StatusNotModified)] = &response{
			Description: "what If-None-Match names is still current", Headers: a.headers(d, true),
		}
	}
	problem := map[string]media{"application/problem+json": {Schema: &jsonschema.Schema{Ref: shapePrefix + problemShape}}}
	for status, meaning := range a.failures(d) {
		r := &response{Description: meaning, Headers: a.headers(d, false), Content: problem}
		switch status {
		case http.StatusUnauthorized:
			r.Headers["Www-Authenticate"] = header{"which credentials are needed", text()}
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
			r.Headers["Retry-After"] = header{"when to try again, in seconds; not always there", text()}
		}
		all[strconv.Itoa(status)] = r
	}
	return all
}

func text() *jsonschema.Schema { return &jsonschema.Schema{Type: "string"} }

// headers are the fields that an answer has or may have.
func (a *API) headers(d *described, success bool) map[string]header {
	all := map[string]header{httpapi.HeaderRequestID: {"the request's id", text()}}
	if a.steps.RateLimit != nil {
		all["RateLimit"] = header{"what is left of the rate, as draft-ietf-httpapi-ratelimit-headers says", text()}
		all["RateLimit-Policy"] = header{"the rate", text()}
	}
	if !success {
		return all
	}
	if a.keyed(d) {
		all["Idempotency-Replayed"] = header{"true, where the answer is that of an earlier request with the key", text()}
	}
	for _, h := range d.Headers {
		all[h.Name] = header{h.Meaning, text()}
	}
	return all
}
