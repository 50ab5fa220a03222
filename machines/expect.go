package machines

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// Revision tells what an instance was at a time from what it was at others, also from another one of its id that was forgotten.
type Revision struct {
	Version int64     `json:"version"`
	Entered time.Time `json:"entered"`
}

func (r Revision) is(other Revision) bool {
	return r.Version == other.Version && r.Entered.Equal(other.Entered)
}

// Revision is the instance's.
func (i Instance[S, D]) Revision() Revision { return Revision{i.Version, i.Entered} }

// AskOption changes how an event is asked for. See [Machine.Ask].
type AskOption interface{ applyAsk(*asked) }

type askOption func(*asked)

func (f askOption) applyAsk(a *asked) { f(a) }

// Expect lets the event happen only where the instance is as one of the revisions says, which its owner looks at in the transaction of the
// event: of two events that expect the same revision, one happens at most. The other has not come: nothing is told of it but a
// [*ChangedError], and [Machine.Ask] returns the instance as it is. With no revision nothing is as expected.
func Expect(revisions ...Revision) AskOption {
	return askOption(func(a *asked) { a.Expect = &expectation{Of: revisions} })
}

// Existing lets the event happen only where the instance exists, whatever its revision, as [Expect] does.
func Existing() AskOption { return askOption(func(a *asked) { a.Expect = &expectation{Any: true} }) }

// expectation is what an instance must be for an event to happen.
type expectation struct {
	Any bool       `json:"any,omitempty"`
	Of  []Revision `json:"of,omitempty"`
}

// met says whether an instance is as expected.
func (e *expectation) met(is Revision) bool {
	return is.Version > 0 && (e.Any || slices.ContainsFunc(e.Of, is.is))
}

// ErrChanged is found in the error of an event whose instance was not as it expected.
var ErrChanged = errors.New("machines: the instance is not as expected")

// ChangedError says that an event has not happened, since the instance was not as [Expect] or [Existing] says.
type ChangedError struct {
	Machine string
	ID      string
	// Version is the instance's, 0 where there is none.
	Version int64
}

func (e *ChangedError) Error() string {
	if e.Version == 0 {
		return fmt.Sprintf("machines: %s %q is not as expected: it does not exist", e.Machine, e.ID)
	}
	return fmt.Sprintf("machines: %s %q is not as expected: it is of version %d", e.Machine, e.ID, e.Version)
}

// Is makes it an [ErrChanged].
func (e *ChangedError) Is(target error) bool { return target == ErrChanged }

// changed is the answer to an event whose instance is not as expected, or nil.
func (m *Machine[S, E, D]) changed(tx *partitions.Tx, in asked) (*answer[S, D], error) {
	if in.Expect == nil {
		return nil, nil //nolint:nilnil // there is nothing to say
	}
	key := rowKey(request.From(tx.Context()).Tenant, in.ID)
	stored, _ := m.rows.Get(tx, key)
	if stored.Version == 0 {
		stored.State = m.spec.Start
	}
	is := instanceOf(key, stored)
	if err := tx.Err(); err != nil || in.Expect.met(is.Revision()) {
		return nil, err
	}
	return &answer[S, D]{Instance: is, Changed: &ChangedError{Machine: m.spec.Name, ID: in.ID, Version: is.Version}}, nil
}
