package machines

import (
	"context"
	"errors"
	"fmt"

	"github.com/looplab/fsm"
)

// ErrNotAllowed is found in the error of an event that an instance does not take in its state.
var ErrNotAllowed = errors.New("machines: the event is not allowed")

// NotAllowedError says which event was refused, and why. The instance is as it was.
type NotAllowedError struct {
	Machine string
	ID      string
	// State is where the instance is, the machine's start where it does not exist.
	State string
	Event string
	// Reason is what a guard has said; empty where the state has no such transition.
	Reason string
	// Missing says that the instance does not exist.
	Missing bool
}

func (e *NotAllowedError) Error() string {
	text := fmt.Sprintf("machines: %s %q does not take %s in the state %q", e.Machine, e.ID, e.Event, e.State)
	if e.Missing {
		text += ", and does not exist"
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// Is makes it an [ErrNotAllowed].
func (e *NotAllowedError) Is(target error) bool { return target == ErrNotAllowed }

// Decide says what an event does to an instance, and does nothing: where it leads, with which data, and what is to be
// published. The error is a [*NotAllowedError], or [ErrDefinition]. An instance of version 0 in the machine's start state
// is one that does not exist yet. It is what the machine itself works by.
func (m *Machine[S, E, D]) Decide(i Instance[S, D], payload Payload[E]) (Instance[S, D], Effects, error) {
	if m.err != nil {
		return i, nil, m.err
	}
	event := payload.Event()
	refused := &NotAllowedError{Machine: m.spec.Name, ID: i.ID, State: string(i.State), Event: string(event), Missing: i.Version == 0}
	machine := m.fsms.Get().(*fsm.FSM) //nolint:forcetypeassert // the pool has no others
	defer m.fsms.Put(machine)
	machine.SetState(string(i.State))
	if !machine.Can(string(event)) {
		return i, nil, refused
	}
	t := m.moves[edge[S, E]{event, i.State}]
	if t.Guard.call != nil {
		if err := t.Guard.call(i, payload); err != nil {
			refused.Reason = err.Error()
			return i, nil, refused
		}
	}
	if err := machine.Event(context.Background(), string(event)); err != nil && !errors.As(err, &fsm.NoTransitionError{}) {
		return i, nil, fmt.Errorf("machines: %s: %w", m.spec.Name, err)
	}
	next := i
	var effects Effects
	act := func(action Action[S, D]) {
		if action != nil {
			data, more := action(next)
			next.Data, effects = data, append(effects, more...)
		}
	}
	if i.Version > 0 {
		act(m.spec.Exit[i.State])
	}
	if t.Do.call != nil {
		act(func(now Instance[S, D]) (D, Effects) { return t.Do.call(now, payload) })
	}
	next.State, next.Entered, next.Version = S(machine.Current()), i.At, i.Version+1
	act(m.spec.Enter[next.State])
	return next, effects, nil
}
