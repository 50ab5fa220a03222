package machines

import (
	"slices"
	"time"
)

// Chart is a machine without its Go types: what is drawn of it, and what its groups keep in their changelogs, so that
// it can be looked at from anywhere. See [Inspect].
type Chart struct {
	Machine string   `json:"machine"`
	Version int      `json:"version"`
	Start   string   `json:"start"`
	Final   []string `json:"final,omitempty"`
	// Arrows are all ways from a state to another, in the order of the states.
	Arrows []Arrow `json:"arrows"`
}

// Arrow is one way of a [Chart].
type Arrow struct {
	From    string `json:"from"`
	Event   string `json:"event"`
	To      string `json:"to"`
	Guarded bool   `json:"guarded,omitempty"`
	// After is the time in the state From after which the event happens by itself; zero where it does not.
	After time.Duration `json:"after,omitempty"`
}

func (a Arrow) label() string {
	text := a.Event
	if a.Guarded {
		text += " [guarded]"
	}
	if a.After > 0 {
		text += " after " + a.After.String()
	}
	return text
}

// States are all states in the order in which they are drawn: the start, and then as the ways lead on.
func (c Chart) States() []string {
	states := []string{c.Start}
	for _, a := range c.Arrows {
		for _, state := range []string{a.From, a.To} {
			if !slices.Contains(states, state) {
				states = append(states, state)
			}
		}
	}
	return states
}

// Allowed are the ways out of a state.
func (c Chart) Allowed(state string) []Arrow {
	var allowed []Arrow
	for _, a := range c.Arrows {
		if a.From == state {
			allowed = append(allowed, a)
		}
	}
	return allowed
}

// Chart is the machine as it is drawn.
func (m *Machine[S, E, D]) Chart() Chart {
	c := Chart{Machine: m.spec.Name, Version: m.spec.Version, Start: string(m.spec.Start)}
	for _, state := range m.spec.Final {
		c.Final = append(c.Final, string(state))
	}
	for i := range m.spec.On {
		t := &m.spec.On[i]
		for _, from := range t.From {
			c.Arrows = append(c.Arrows, Arrow{
				From: string(from), Event: string(t.Event.name), To: string(t.To), Guarded: t.Guard.call != nil, After: m.after(from, t.Event.name),
			})
		}
	}
	states := m.states()
	slices.SortStableFunc(c.Arrows, func(a, b Arrow) int { return slices.Index(states, S(a.From)) - slices.Index(states, S(b.From)) })
	return c
}

// after is the time after which the event happens in the state by itself.
func (m *Machine[S, E, D]) after(in S, event E) time.Duration {
	for _, timeout := range m.spec.After {
		if timeout.In == in && timeout.Event.name == event {
			return timeout.After
		}
	}
	return 0
}

// Edge is one way from a state to another.
type Edge[S, E ~string] struct {
	From  S
	Event E
	To    S
}

// Edges are all ways of the machine, in the order of the definition.
func (m *Machine[S, E, D]) Edges() []Edge[S, E] {
	var edges []Edge[S, E]
	for i := range m.spec.On {
		for _, from := range m.spec.On[i].From {
			edges = append(edges, Edge[S, E]{from, m.spec.On[i].Event.name, m.spec.On[i].To})
		}
	}
	return edges
}

// Start is the state in which an instance begins.
func (m *Machine[S, E, D]) Start() S { return m.spec.Start }
