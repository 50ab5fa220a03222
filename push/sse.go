package push

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// SSE serves the event stream: GET with one or more "channel" parameters, each a channel's name or "name/key".
//
// By default, and for Accept: text/event-stream, the answer is as the WHATWG HTML standard says: each message is an
// event named after its channel, whose data is the payload; what is not text is sent in base64 under the name
// "<channel>;base64". For Accept: application/x-ndjson it is one JSON object a line with channel, key, id, and data or
// base64. The header Last-Event-ID, or the parameter last_event_id, resumes behind that id; an event named "reset", or
// the field "reset", says that this cannot be done.
//
// Errors are RFC 9457 problems; 429 and 503 carry Retry-After. To an EventSource, which says Accept: text/event-stream and would give up, these two
// are an empty stream that tells it when to come back. Mount the handler behind nothing that buffers answers.
func (h *Hub) SSE() http.Handler {
	return h.answering(h.serve, (*refusal).stream)
}

// serve streams until the end, or says why it cannot begin.
func (h *Hub) serve(w http.ResponseWriter, r *http.Request) *refusal {
	if h.preflight(w, r, http.MethodGet) {
		return nil
	}
	if r.Method != http.MethodGet {
		return &refusal{status: http.StatusMethodNotAllowed, detail: "an event stream is read with GET"}
	}
	chosen, ok := negotiate(r.Header)
	if !ok {
		return &refusal{
			status: http.StatusNotAcceptable,
			detail: "this stream comes as text/event-stream or application/x-ndjson; accept one of them",
		}
	}
	if !flushes(w) {
		h.settings.logger.ErrorContext(r.Context(), "a middleware hides http.Flusher and Unwrap from the event stream")
		return &refusal{status: http.StatusInternalServerError, detail: "this server cannot stream here; its log says more"}
	}
	a, refused := h.audition(r, chosen)
	if refused != nil {
		return refused
	}
	defer a.end()
	first, err := a.resuming.next(r.Context())
	if err != nil {
		return h.busy(err.Error())
	}
	h.stream(w, r, a, first)
	return nil
}

// wanted returns the channels that the request may follow.
func (h *Hub) wanted(r *http.Request, grant Grant) ([]follow, *refusal) {
	names := r.URL.Query()["channel"]
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 || len(names) > h.settings.channels {
		return nil, &refusal{status: http.StatusBadRequest, detail: fmt.Sprintf("name 1 to %d channels, as in ?channel=orders", h.settings.channels)}
	}
	channels := make([]follow, len(names))
	for i, text := range names {
		var ok bool
		if channels[i], ok = parseFollow(text); !ok {
			return nil, &refusal{status: http.StatusBadRequest, detail: "a channel is a name such as orders, or a name and a key such as orders/42"}
		}
		if !allows(grant.Subscribe, channels[i]) {
			return nil, &refusal{status: http.StatusForbidden, detail: "the channel " + text + " may not be followed"}
		}
	}
	if twice(channels) {
		return nil, &refusal{status: http.StatusBadRequest, detail: "name each channel once: whole, or each of its keys"}
	}
	return channels, nil
}

const maxKeyLength = 256

// parseFollow reads "orders" or "orders/42".
func parseFollow(text string) (follow, bool) {
	name, key, keyed := strings.Cut(text, "/")
	return follow{name, key}, validName(name) && keyed == (key != "") && len(key) <= maxKeyLength
}

// twice says whether something would be followed twice.
func twice(channels []follow) bool {
	for i, f := range channels {
		if slices.ContainsFunc(channels[:i], f.overlaps) {
			return true
		}
	}
	return false
}
