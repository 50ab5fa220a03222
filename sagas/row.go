package sagas

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/request"
)

// head is a living saga as it is stored, without what it has done: that is in its journal.
type head struct {
	Status  Status    `json:"status"`
	Told    Status    `json:"told,omitempty"` // what others were told last
	Started time.Time `json:"started"`
	Changed time.Time `json:"changed"`
	Cancel  bool      `json:"cancel,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why it is cancelled, or has failed
	Parked  string    `json:"parked,omitempty"` // why it is parked
	Was     Status    `json:"was,omitempty"`    // before it was parked
	Sure    bool      `json:"sure,omitempty"`   // it is parked, and Waits has all that may have happened
	Waits   []wait    `json:"waits,omitempty"`
	Inbox   int       `json:"inbox,omitempty"`  // signals that the flow has not awaited
	Tokens  int       `json:"tokens,omitempty"` // that are completed
	Seen    []string  `json:"seen,omitempty"`   // the last signals
	Run     int       `json:"run,omitempty"`    // how often the flow has begun anew
	Began   time.Time `json:"began,omitzero"`   // when it last did
	// Queued is the row by which the saga waits until there is room in the memory.
	Queued string `json:"queued,omitempty"`
	// Views are what the flow shows, and Parents who waits for its end.
	Views   map[string]json.RawMessage `json:"views,omitempty"`
	Parents []parent                   `json:"parents,omitempty"`
}

// wait is what a saga waits for: time, a signal, or both; and how often a step or an undo has been tried.
type wait struct {
	At      string    `json:"at"`
	Kind    Kind      `json:"kind"`
	Name    string    `json:"name,omitempty"`
	Of      string    `json:"of,omitempty"` // the saga that was called
	Given   string    `json:"given,omitempty"`
	Due     time.Time `json:"due,omitzero"` // zero for a signal without a time-out, and while an attempt is made
	Attempt int       `json:"attempt,omitempty"`
	Unknown bool      `json:"unknown,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// begun is when the flow has begun, or begun anew.
func (h *head) begun() time.Time {
	if h.Began.IsZero() {
		return h.Started
	}
	return h.Began
}

func (h *head) waitAt(at string) int {
	return slices.IndexFunc(h.Waits, func(w wait) bool { return w.At == at })
}

// drop takes a wait away.
func (h *head) drop(at string) (dropped bool) {
	if h.waitAt(at) < 0 {
		return false
	}
	before := len(h.Waits)
	h.Waits = slices.DeleteFunc(slices.Clone(h.Waits), func(w wait) bool { return w.At == at })
	return len(h.Waits) < before
}

// set adds a wait or replaces it.
func (h *head) set(w wait) {
	h.drop(w.At)
	h.Waits = append(slices.Clip(h.Waits), w)
}

// seenSignals is how many signals a saga remembers, so that one that is published twice comes once.
const seenSignals = 16

// see remembers a signal, and is false when it is known.
func (h *head) see(id string) bool {
	if id == "" || slices.Contains(h.Seen, id) {
		return id == ""
	}
	h.Seen = append(slices.Clip(h.Seen), id)
	h.Seen = h.Seen[max(0, len(h.Seen)-seenSignals):]
	return true
}

func cancelled(o *op, now time.Time) Entry {
	return Entry{
		At: o.at, Kind: o.kind, Name: o.name, Given: o.given, When: now,
		Failed: &Failure{Kind: FailedCancelled, Message: "the saga is cancelled"},
	}
}

// lost is what an operation comes to when another branch has won.
func lost(o *op, now time.Time) Entry {
	return Entry{
		At: o.at, Kind: o.kind, Name: o.name, Given: o.given, When: now, token: o.signal != o.name,
		Failed: &Failure{Kind: FailedLost, Message: "another branch has won"},
	}
}

// page is some entries, in one row. The first page of a saga has what it was started with.
type page struct {
	Input   *input  `json:"input,omitempty"`
	Entries []Entry `json:"entries,omitempty"`
}

type input struct {
	In      json.RawMessage `json:"in"`
	Request request.Info    `json:"request,omitzero"`
	Secret  string          `json:"secret,omitempty"` // what tokens are made of
	Trace   traceOf         `json:"trace,omitempty"`  // that the start is part of
}

// ended is a saga that has ended.
type ended struct {
	Head    head            `json:"head"`
	Input   input           `json:"input"`
	Entries []Entry         `json:"entries,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Cut     bool            `json:"cut,omitempty"`
}

// A row's key is the tenant, which has no slash in it, a slash, and the saga's id. A page's is that of its saga, a zero byte, and
// the position of its first entry.
func rowKey(tenant request.Tenant, id string) string { return string(tenant) + "/" + id }

func parseKey(key string) (tenant request.Tenant, id string) {
	head, id, _ := strings.Cut(key, "/")
	return request.Tenant(head), id
}

func tenantOf(key string) request.Tenant {
	tenant, _ := parseKey(key)
	return tenant
}

func idOf(key string) string {
	_, id := parseKey(key)
	return id
}

const pageMark = "\x00"

func pageKey(key, at string) string { return key + pageMark + at }
