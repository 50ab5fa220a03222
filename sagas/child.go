package sagas

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// Call starts a saga of another flow, or of the same one under another id, and waits for its end. A saga of that id that is
// known is not started again, and is waited for. Its tenant is the caller's, and its group may be another. One that has not
// completed is a [*FailedError]. When the caller is cancelled, so is the saga that it waits for, and its end is waited for; one that has
// completed is not undone when its caller fails. A saga that calls itself, or one that waits
// for it, would wait for ever: that is [ErrSelf]. It is not found where more than 32 sagas wait for each other, or three or more
// call each other in the same moment.
func Call[In, Out any](s *Saga, flow *Flow[In, Out], id string, in In) (Out, error) {
	var none Out
	s.living()
	if flow == nil || flow.err != nil {
		s.abort("a flow that is called is defined wrongly")
	}
	if err := flow.New(id, in).Err(); err != nil {
		return none, err
	}
	if id == "" {
		id = flow.id(in)
	}
	if flow.name == s.run.runner.name && id == s.ID() {
		return none, resilience.Permanent(fmt.Errorf("%w: %s %q: give the saga that is called another id", ErrSelf, flow.name, id))
	}
	given, err := flow.in.Encode(in)
	if err != nil {
		return none, resilience.Permanent(err)
	}
	e := s.call(&op{
		kind: KindCall, name: flow.name, of: id, in: func() any { return in }, given: digest(id, given),
		message: func(p parent) bus.Message { return flow.called(id, given, p) },
	})
	err = failed(e)
	if failed, is := errors.AsType[*FailedError](err); is {
		failed.ID = id
	}
	if err != nil {
		return none, err
	}
	out, err := flow.out.Decode(e.Out)
	if err != nil {
		s.abort(fmt.Sprintf("the result of %s at %s cannot be read: %s", flow.name, e.At, err))
	}
	return out, nil
}

// called makes the start of a saga for who calls it.
func (f *Flow[In, Out]) called(id string, given []byte, by parent) bus.Message {
	in, err := f.in.Decode(given)
	if err != nil {
		return bus.Invalid(resilience.Permanent(err))
	}
	raw, err := json.Marshal(by)
	if err != nil {
		return bus.Invalid(resilience.Permanent(err))
	}
	return f.New(id, in, bus.WithHeader(headerParent, string(raw)))
}

const headerParent = "millrace-parent"

// parent is a place in a saga that waits for another saga's end.
type parent struct {
	Flow string `json:"flow"`
	ID   string `json:"id"`
	At   string `json:"at"`
	Run  int    `json:"run,omitempty"`
	// Started tells the saga from another one of the same id.
	Started time.Time `json:"started,omitzero"`
	// Callers wait for the saga themselves. Earlier versions left them out.
	Callers []calling `json:"callers,omitempty"`
}

func parentOf(r bus.Record) (p parent, called bool) {
	raw, called := r.Headers.Get(headerParent)
	if !called || json.Unmarshal([]byte(raw), &p) != nil || !flowPattern.MatchString(p.Flow) {
		return parent{}, false
	}
	return p, true
}

// answered is a saga's end on its way to who has called it.
type answered struct {
	id  string
	At  string `json:"at"`
	Run int    `json:"run,omitempty"`
	// Started is the caller's, and Flow and Of are who has ended. Earlier versions left them out.
	Started time.Time       `json:"started,omitzero"`
	Flow    string          `json:"flow,omitempty"`
	Of      string          `json:"of,omitempty"`
	Status  Status          `json:"status"`
	Reason  string          `json:"reason,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
}

// report tells a caller of a saga's end.
func (n *runner) report(tx *partitions.Tx, key string, to parent, h head, out json.RawMessage) error {
	return n.emit(tx, tenantOf(key), newCalls(to.Flow).answer.New(answered{
		id: to.ID, At: to.At, Run: to.Run, Started: to.Started, Flow: n.name, Of: idOf(key), Status: h.Status, Reason: h.Reason, Result: out,
	}))
}

// answered takes the end of a saga that was called.
func (n *runner) answered(tx *partitions.Tx, a answered) error {
	key, h, err := n.subject(tx)
	if err != nil {
		return err
	}
	i := h.waitAt(a.At)
	if i < 0 || h.Run != a.Run || !a.answers(h.Waits[i]) || !a.Started.IsZero() && !a.Started.Equal(h.Started) {
		return nil
	}
	e := Entry{At: a.At, Kind: KindCall, Name: h.Waits[i].Name, Given: h.Waits[i].Given, Out: a.Result, When: tx.Now()}
	if a.Status != Completed {
		e.Failed = &Failure{Kind: string(a.Status), Message: a.Reason}
	}
	n.meet(tx, key, &h, e)
	return nil
}

// answers says whether it is the end of the saga that is waited for.
func (a answered) answers(w wait) bool {
	return w.Kind == KindCall && (a.Flow == "" || a.Flow == w.Name) && (a.Of == "" || a.Of == w.Of)
}

// cancelCall cancels the saga that is waited for, if one is.
func (n *runner) cancelCall(tx *partitions.Tx, key string, w wait, reason string) error {
	if w.Kind != KindCall {
		return nil
	}
	return n.emit(tx, tenantOf(key), newCalls(w.Name).cancel.New(noted{id: w.Of, Reason: reason}))
}
