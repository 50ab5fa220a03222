package sagas

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/resilience"
)

// Again is the error by which a flow begins anew, as the same saga, with another input and an empty journal:
//
//	return none, sagas.Again(next)
//
// So may a flow go on for ever. What its steps did until then stays, also where the saga fails later. Signals that were not awaited
// are kept, and who waits for the result waits on. Tokens that were made until then are completed by nobody any more.
func Again[In any](in In) error { return &againError{in: in} }

type againError struct{ in any }

func (*againError) Error() string { return "sagas: the flow begins anew" }

// renewal is an againError whose input is known to fit.
type renewal struct {
	input json.RawMessage
	now   time.Time // by the flow
}

func (*renewal) Error() string { return (*againError)(nil).Error() }

func (f *Flow[In, Out]) renewed(s *Saga, again *againError) error {
	in, fits := again.in.(In)
	if !fits {
		s.abort(fmt.Sprintf("the flow begins anew with %T, which is not what it takes", again.in))
	}
	raw, err := encoded(f.in.Encode(in))
	if err != nil {
		return resilience.Permanent(fmt.Errorf("the flow cannot begin anew: %w", err))
	}
	return &renewal{raw, s.now}
}

// renew lets the flow begin anew.
func (c *committing) renew(p *plan) error {
	n, key, next := c.run.runner, c.run.key, p.renew
	in := c.run.input
	in.In = next.input
	c.head.Run++
	if c.head.Began = plainTime(c.Now()); next.now.After(c.head.Began) {
		c.head.Began = next.now
	}
	c.head.Waits, c.head.Changed = nil, c.Now()
	var err error
	if c.head.Tokens > 0 {
		c.head.Tokens = 0
		err = n.clear(c.Tx, key, tokenKey(key, ""), "the flow has begun anew")
	}
	err = errors.Join(err, n.tell(c.Tx, key, &c.head, c.done()))
	n.journal.Delete(c.Tx, p.pages...)
	n.active.Delete(c.Tx, key)
	first := pageKey(key, "")
	n.journal.Put(c.Tx, first, page{Input: &in})
	n.activate(c.Tx, &c.head, loaded{key: key, head: c.head, input: in, pages: []string{first}, journal: make(map[string]Entry)})
	n.rows.Put(c.Tx, key, c.head)
	return err
}
