package machines

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/looplab/fsm"
)

var machinePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// check fills the machine's indexes and says all that is wrong with its definition.
func (m *Machine[S, E, D]) check() []error {
	s := &m.spec
	var errs []error
	fail := func(text string, args ...any) { errs = append(errs, fmt.Errorf(text, args...)) }
	if !machinePattern.MatchString(s.Name) {
		fail("the name must be 1 to 40 of the characters a-z 0-9 -, beginning with a letter")
	}
	if s.Start == "" {
		fail("Start must be a state")
	}
	if s.Version < 1 || s.Version > 1 && s.Upgrade == nil {
		fail("version %d must be at least 1, and one above 1 needs Upgrade", s.Version)
	}
	if s.Keep < 0 || s.Keep > 0 && s.Keep < time.Second {
		fail("Keep %s must be at least 1s", s.Keep)
	}
	for i := range s.On {
		errs = append(errs, m.transition(&s.On[i])...)
	}
	states := m.states()
	for _, timeout := range s.After {
		errs = append(errs, m.timeout(timeout, states)...)
	}
	for place, actions := range map[string]map[S]Action[S, D]{"Enter": s.Enter, "Exit": s.Exit} {
		for state, action := range actions {
			if !slices.Contains(states, state) || action == nil {
				fail("%s: %q is no state that a transition leads to or from, or its action is nil", place, state)
			}
		}
	}
	return append(errs, m.shape(states)...)
}

// transition checks one transition and files it.
func (m *Machine[S, E, D]) transition(t *Transition[S, E, D]) (errs []error) {
	if err := t.Event.err(); err != nil {
		return []error{err}
	}
	fail := func(text string, args ...any) {
		errs = append(errs, fmt.Errorf("%s to %q: "+text, append([]any{t.Event.name, t.To}, args...)...))
	}
	if t.To == "" || len(t.From) == 0 {
		fail("From and To must be stated")
	}
	for place, payload := range map[string]reflect.Type{"Guard": t.Guard.payload, "Do": t.Do.payload} {
		if payload != nil && payload != t.Event.payload {
			fail("%s is for events with %s, not %s", place, payload, t.Event.payload)
		}
	}
	if known, ok := m.events[t.Event.name]; ok && known.payload != t.Event.payload {
		fail("the event has two payloads, %s and %s", known.payload, t.Event.payload)
	}
	m.events[t.Event.name] = t.Event
	for _, from := range t.From {
		at := edge[S, E]{t.Event.name, from}
		if other := m.moves[at]; other != nil {
			fail("in %q the event leads to %q too", from, other.To)
		}
		m.moves[at] = t
		m.tables = append(m.tables, fsm.EventDesc{Name: string(t.Event.name), Src: []string{string(from)}, Dst: string(t.To)})
	}
	return errs
}

// timeout checks that something happens when the time is over.
func (m *Machine[S, E, D]) timeout(t Timeout[S, E], states []S) (errs []error) {
	if err := t.Event.err(); err != nil {
		return []error{err}
	}
	if !slices.Contains(states, t.In) {
		errs = append(errs, fmt.Errorf("time-out after %s: %q is no state", t.After, t.In))
	}
	if t.After <= 0 {
		errs = append(errs, fmt.Errorf("time-out after %s in %q: the time must be positive", t.After, t.In))
	}
	alike := func(other Timeout[S, E]) bool {
		return other.In == t.In && other.Event.name == t.Event.name && other.After != t.After
	}
	if slices.ContainsFunc(m.spec.After, alike) {
		errs = append(errs, fmt.Errorf("time-out after %s in %q: %s has two times there", t.After, t.In, t.Event.name))
	}
	if m.moves[edge[S, E]{t.Event.name, t.In}] == nil {
		errs = append(errs, fmt.Errorf("time-out after %s in %q: %s is not allowed there", t.After, t.In, t.Event.name))
	}
	return errs
}

// states are all states, in the order in which the definition names them.
func (m *Machine[S, E, D]) states() []S {
	states := []S{m.spec.Start}
	add := func(state S) {
		if !slices.Contains(states, state) {
			states = append(states, state)
		}
	}
	for _, t := range m.spec.On {
		for _, from := range t.From {
			add(from)
		}
		add(t.To)
	}
	return states
}

// shape looks at where the states lead.
func (m *Machine[S, E, D]) shape(states []S) (errs []error) {
	reached := map[S]bool{m.spec.Start: true}
	for grown := true; grown; {
		grown = false
		for at, t := range m.moves {
			if reached[at.from] && !reached[t.To] {
				reached[t.To], grown = true, true
			}
		}
	}
	leads := make(map[S]bool)
	for at := range m.moves {
		leads[at.from] = true
	}
	for _, state := range m.spec.Final {
		if !slices.Contains(states, state) {
			errs = append(errs, fmt.Errorf("the final state %q is in no transition", state))
		}
	}
	for _, state := range states {
		final := slices.Contains(m.spec.Final, state)
		switch {
		case !reached[state]:
			errs = append(errs, fmt.Errorf("nothing leads from %q to the state %q", m.spec.Start, state))
		case final && leads[state]:
			errs = append(errs, fmt.Errorf("the state %q is final, and something leads out of it", state))
		case !final && !leads[state]:
			errs = append(errs, fmt.Errorf("nothing leads out of the state %q, and it is not final", state))
		}
	}
	return errs
}
