package sagas

import (
	"encoding/json"
	"time"

	"github.com/millrace/millrace/request"
)

// Kind is what an [Entry] is of.
type Kind string

// The kinds.
const (
	KindStep  Kind = "step"
	KindUndo  Kind = "undo"
	KindSleep Kind = "sleep"
	KindAwait Kind = "await"
	KindCall  Kind = "call"
	// KindFirst has the branch that has won, and KindVersion a version, as Out.
	KindFirst   Kind = "first"
	KindVersion Kind = "version"
)

// Entry is what has come of one thing that a flow asked for, as it stands in the saga's journal.
type Entry struct {
	// At is the position: the number of the call within its branch.
	At   string `json:"at"`
	Kind Kind   `json:"kind"`
	// Name is the step's or the signal's.
	Name string `json:"name,omitempty"`
	// Order says of steps how many had ended, this one included.
	Order int `json:"order,omitempty"`
	// Given is a digest of what a step, or a saga that is called, was given. Journals of earlier versions have none.
	Given string `json:"given,omitempty"`
	// Out is the result of a step, or the value of a signal.
	Out json.RawMessage `json:"out,omitempty"`
	// Failed is why there is none.
	Failed *Failure  `json:"failed,omitempty"`
	When   time.Time `json:"when"`
	token  bool      // that is awaited, and no signal
}

// Failure is an error in a journal.
type Failure struct {
	// Kind is one of those below, or empty for errors of steps.
	Kind    string `json:"kind,omitempty"`
	Message string `json:"message,omitempty"`
	// Attempts is how often a step was tried.
	Attempts int `json:"attempts,omitempty"`
	// Unknown says that a step may have happened.
	Unknown bool `json:"unknown,omitempty"`
}

// Kinds of failures.
const (
	FailedCancelled = "cancelled"
	FailedTimeout   = "timeout"
	FailedTooLarge  = "too large"
	FailedLost      = "lost"
	// FailedSelf is of a call by which a saga would wait for itself.
	FailedSelf = "self"
)

func (e Entry) lost() bool { return e.Failed != nil && e.Failed.Kind == FailedLost }

// History is all of a saga. Its JSON can be kept, and be played by later versions of the flow: see [Flow.Play].
type History struct {
	Flow    string         `json:"flow"`
	ID      string         `json:"id"`
	Tenant  request.Tenant `json:"tenant,omitempty"`
	Status  Status         `json:"status"`
	Reason  string         `json:"reason,omitempty"`
	Started time.Time      `json:"started"`
	// Run says how often the flow has begun anew, and Began when it last did: see [Again].
	Run     int             `json:"run,omitempty"`
	Began   time.Time       `json:"began,omitzero"`
	Input   json.RawMessage `json:"input"`
	Entries []Entry         `json:"entries,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	// Cut says that results, entries or the input are left out, since all was more than is kept. It cannot be played.
	Cut bool `json:"cut,omitempty"`
}

// Add adds entries, in the order in which they happened.
func (h *History) Add(entries ...Entry) {
	for _, e := range entries {
		if e.Kind == KindStep {
			e.Order = 1
			for _, before := range h.Entries {
				if before.Kind == KindStep {
					e.Order++
				}
			}
		}
		h.Entries = append(h.Entries, e)
	}
}

func (c *core) history(key string, past ended) History {
	tenant, id := parseKey(key)
	h := &past.Head
	return History{
		Flow: c.name, ID: id, Tenant: tenant, Status: h.Status, Reason: h.Reason, Started: h.Started, Run: h.Run, Began: h.Began,
		Input: past.Input.In, Entries: inOrder(past.Entries), Result: past.Result, Cut: past.Cut,
	}
}
