package sagas

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// Told tells of a saga: that it has begun, that steps have ended, or that its status is another. Its events are in the topic
// "<name>.sagas" under the type "<name>.told", keyed by the saga's id, in the order in which it happened. It has nothing of
// what the saga works on.
type Told struct {
	ID     string `json:"id"`
	Status Status `json:"status"`
	// Was is the status before, empty for a saga that has just begun.
	Was Status `json:"was,omitempty"`
	// Done are the steps and undos that have ended since what was told last.
	Done []Done `json:"done,omitempty"`
	// Reason is why the saga has failed, was cancelled, or is parked.
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Done is a step, or an undo, that has ended.
type Done struct {
	// At is the step's position in the flow: the call's number.
	At   string `json:"at"`
	Step string `json:"step"`
	Undo bool   `json:"undo,omitempty"`
	// Error is why a step has failed.
	Error string    `json:"error,omitempty"`
	When  time.Time `json:"when"`
}

// Refused tells of a call for a saga that does not exist or has ended, and of a signal that is not kept or that a saga has not awaited
// until its end, under the type "<name>.refused" in the same topic.
type Refused struct {
	ID   string `json:"id"`
	Call string `json:"call"`
	// Cause is the id of the call's record, where it is known.
	Cause string `json:"cause"`
	// Reason is why it was refused.
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

func doneOf(e Entry) Done {
	at, undo := cutUndo(e.At)
	d := Done{At: at, Step: e.Name, Undo: undo, When: e.When}
	if e.Failed != nil {
		d.Error = e.Failed.Message
	}
	return d
}

// tell tells of a saga, if there is anything, and notes in its row what was told.
func (n *runner) tell(tx *partitions.Tx, key string, h *head, done []Done) error {
	was := h.Told
	if h.Status == was && len(done) == 0 {
		return nil
	}
	n.count(tx, was, h.Status, done)
	h.Told = h.Status
	tenant, id := parseKey(key)
	t := Told{ID: id, Status: h.Status, Was: was, Done: done, Reason: h.Reason, At: tx.Now()}
	if h.Status == Parked {
		t.Reason = h.Parked
	}
	return n.emit(tx, tenant, n.told.New(t))
}

// announce tells that a saga has begun, so that nothing is lost where nobody can be told: then its first turn tells that, which is
// written once it is possible.
func (n *runner) announce(tx *partitions.Tx, key string, h *head) error {
	tenant, id := parseKey(key)
	if tx.Tell(of(tx.Context(), tenant), n.told.New(Told{ID: id, Status: h.Status, At: tx.Now()})) {
		n.count(tx, h.Told, h.Status, nil)
		h.Told = h.Status
	}
	return tx.Err()
}

// refusal is a call that is refused, the id of its record, and why.
type refusal struct{ call, cause, reason string }

func (n *runner) refuse(tx *partitions.Tx, key string, r refusal) error {
	tenant, id := parseKey(key)
	return n.emit(tx, tenant, n.refused.New(Refused{ID: id, Call: r.call, Cause: r.cause, Reason: r.reason, At: tx.Now()}))
}

// unknown refuses the call that is handled, since there is no such saga.
func (n *runner) unknown(tx *partitions.Tx, key, call string) error {
	return n.refuse(tx, key, refusal{call, tx.Record().ID(), "there is no such saga, or it has ended"})
}

// emit publishes for a tenant: what the record or the timer that is handled belongs to does not say it everywhere.
func (n *runner) emit(tx *partitions.Tx, tenant request.Tenant, m bus.Message) error {
	return publish(tx.Context(), tx, tenant, m)
}

func publish(ctx context.Context, tx *partitions.Tx, tenant request.Tenant, m bus.Message) error {
	return tx.Publish(of(ctx, tenant), m).Err()
}

func of(ctx context.Context, tenant request.Tenant) context.Context {
	info := request.From(ctx)
	info.Tenant = tenant
	return request.With(ctx, info)
}
