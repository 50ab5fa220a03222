package machines

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Mermaid draws the machine as a state diagram of Mermaid, which GitHub and others show.
func (m *Machine[S, E, D]) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> " + mermaidName(string(m.spec.Start)) + "\n")
	for _, state := range m.states() {
		if name := mermaidName(string(state)); name != string(state) {
			fmt.Fprintf(&b, "    state %q as %s\n", state, name)
		}
	}
	for _, a := range m.arrows() {
		fmt.Fprintf(&b, "    %s --> %s : %s\n", mermaidName(a.from), mermaidName(a.to), a.label)
	}
	for _, state := range m.spec.Final {
		b.WriteString("    " + mermaidName(string(state)) + " --> [*]\n")
	}
	return b.String()
}

// mermaidName is a state's name in a diagram, where not all characters may stand.
func mermaidName(state string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, state)
}

// Graphviz draws the machine in the DOT language.
func (m *Machine[S, E, D]) Graphviz() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n    rankdir=LR\n    node [shape=box style=rounded]\n    start [shape=point]\n", m.spec.Name)
	fmt.Fprintf(&b, "    start -> %q\n", m.spec.Start)
	for _, state := range m.spec.Final {
		fmt.Fprintf(&b, "    %q [peripheries=2]\n", state)
	}
	for _, a := range m.arrows() {
		fmt.Fprintf(&b, "    %q -> %q [label=%q]\n", a.from, a.to, a.label)
	}
	b.WriteString("}\n")
	return b.String()
}

// WriteTable writes the transitions as a table for people.
func (m *Machine[S, E, D]) WriteTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	text := "FROM\tEVENT\tTO\n"
	for _, a := range m.arrows() {
		text += a.from + "\t" + a.label + "\t" + a.to + "\n"
	}
	if _, err := io.WriteString(table, text); err != nil {
		return err //nolint:wrapcheck // the writer's own
	}
	return table.Flush() //nolint:wrapcheck // the writer's own
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

// arrow is a transition as it is drawn.
type arrow struct{ from, to, label string }

func (m *Machine[S, E, D]) arrows() []arrow {
	var arrows []arrow
	for i := range m.spec.On {
		t := &m.spec.On[i]
		label := string(t.Event.name)
		if t.Guard.call != nil {
			label += " [guarded]"
		}
		for _, from := range t.From {
			arrows = append(arrows, arrow{string(from), string(t.To), label + m.times(from, t.Event.name)})
		}
	}
	slices.SortStableFunc(arrows, func(a, b arrow) int { return m.order(a.from) - m.order(b.from) })
	return arrows
}

// times says after which time the event happens in the state by itself.
func (m *Machine[S, E, D]) times(in S, event E) (text string) {
	for _, timeout := range m.spec.After {
		if timeout.In == in && timeout.Event.name == event {
			text += " after " + timeout.After.String()
		}
	}
	return text
}

func (m *Machine[S, E, D]) order(state string) int { return slices.Index(m.states(), S(state)) }
