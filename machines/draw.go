package machines

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Mermaid draws the machine as a state diagram of Mermaid, which GitHub and others show. A state that is given is marked
// as the one that an instance is in.
func (c Chart) Mermaid(in ...string) string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> " + mermaidName(c.Start) + "\n")
	for _, state := range c.States() {
		if name := mermaidName(state); name != state {
			fmt.Fprintf(&b, "    state %q as %s\n", state, name)
		}
	}
	for _, a := range c.Arrows {
		fmt.Fprintf(&b, "    %s --> %s : %s\n", mermaidName(a.From), mermaidName(a.To), a.label())
	}
	for _, state := range c.Final {
		b.WriteString("    " + mermaidName(state) + " --> [*]\n")
	}
	for _, state := range in {
		fmt.Fprintf(&b, "    classDef current stroke-width:4px,font-weight:bold\n    class %s current\n", mermaidName(state))
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

// Graphviz draws the machine in the DOT language. A state that is given is marked as the one that an instance is in.
func (c Chart) Graphviz(in ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n    rankdir=LR\n    node [shape=box style=rounded]\n    start [shape=point]\n", c.Machine)
	fmt.Fprintf(&b, "    start -> %q\n", c.Start)
	for _, state := range c.States() {
		if slices.Contains(c.Final, state) {
			fmt.Fprintf(&b, "    %q [peripheries=2]\n", state)
		}
		if slices.Contains(in, state) {
			fmt.Fprintf(&b, "    %q [penwidth=3]\n", state)
		}
	}
	for _, a := range c.Arrows {
		fmt.Fprintf(&b, "    %q -> %q [label=%q]\n", a.From, a.To, a.label())
	}
	b.WriteString("}\n")
	return b.String()
}

// Write writes the ways as a table for people.
func (c Chart) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) //nolint:mnd // spaces between columns
	var text strings.Builder
	text.WriteString("FROM\tEVENT\tTO\n")
	for _, a := range c.Arrows {
		text.WriteString(a.From + "\t" + a.label() + "\t" + a.To + "\n")
	}
	if _, err := io.WriteString(table, text.String()); err != nil {
		return err //nolint:wrapcheck // the writer's own
	}
	return table.Flush() //nolint:wrapcheck // the writer's own
}
