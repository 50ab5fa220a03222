package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
)

// machineShow holds the flags of the command.
type machineShow struct {
	tenant            string
	mermaid, graphviz bool
	json              bool
}

func newMachinesShow(g *global) *cobra.Command {
	f := &machineShow{}
	cmd := &cobra.Command{
		Use: "show GROUP MACHINE [ID]", Short: "Show a machine's transitions, or an instance: data, what it allows, history",
		Long: "Show a machine's transitions, or an instance: its data, which events its state allows, and what was told of it in the\n" +
			"topic MACHINE.transitions. --mermaid and --graphviz draw the machine, with the instance's state marked.",
		Example: "  millrace machines show shop order --mermaid\n  millrace machines show shop order 42\n" +
			"  millrace machines show shop order 42 --graphviz | dot -Tsvg > order.svg",
		Args: usage(cobra.RangeArgs(2, 3)), ValidArgsFunction: g.completeGroups, //nolint:mnd // the last may be left out
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.json = g.json; f.mermaid && f.graphviz || f.json && (f.mermaid || f.graphviz) {
				return &usageError{errors.New("one of --json, --mermaid and --graphviz can be had")}
			}
			b, err := g.open(cmd.Context())
			if err != nil {
				return err
			}
			defer b.Close() //nolint:errcheck // only read from
			found, err := inspected(cmd, b, machines.Inspect, args[0], args[1])
			if err != nil {
				return err
			}
			if len(args) == 2 { //nolint:mnd // without an id
				return f.machine(cmd.OutOrStdout(), found[0].Chart)
			}
			return f.instance(cmd, b, found[0], args[2])
		},
	}
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the instance's tenant")
	cmd.Flags().BoolVar(&f.mermaid, "mermaid", false, "draw it for Mermaid")
	cmd.Flags().BoolVar(&f.graphviz, "graphviz", false, "draw it in the DOT language")
	g.wantJSON(cmd)
	return cmd
}

func (f *machineShow) machine(out io.Writer, chart machines.Chart, in ...string) (err error) {
	switch {
	case f.json:
		return printJSON(out, chart)
	case f.mermaid:
		_, err = io.WriteString(out, chart.Mermaid(in...))
	case f.graphviz:
		_, err = io.WriteString(out, chart.Graphviz(in...))
	default:
		err = chart.Write(out)
	}
	return err
}

// instanceLine is an instance with its history as programs read it.
type instanceLine struct {
	machines.Instance[string, json.RawMessage]

	Allowed []machines.Arrow `json:"allowed"`
	History []toldLine       `json:"history"`
}

// toldLine is one line of a history.
type toldLine struct {
	At      time.Time `json:"at"`
	Event   string    `json:"event"`
	From    string    `json:"from"`
	To      string    `json:"to,omitempty"`
	Version int64     `json:"version"`
	Refused bool      `json:"refused,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Cause   string    `json:"cause,omitempty"`
}

func newToldLine(told machines.Told) toldLine {
	if r := told.Refused; r != nil {
		return toldLine{At: r.At, Event: r.Event, From: r.State, Version: r.Version, Refused: true, Reason: r.Reason, Cause: r.Cause}
	}
	m := told.Moved
	return toldLine{At: m.At, Event: m.Event, From: m.From, To: m.To, Version: m.Version, Cause: m.Cause}
}

func (l toldLine) outcome() string {
	if !l.Refused {
		return "→ " + l.To
	}
	return "refused: " + cmp.Or(l.Reason, "not allowed in "+l.From)
}

func (f *machineShow) instance(cmd *cobra.Command, b *bus.Bus, found machines.Inspection, id string) error {
	at := slices.IndexFunc(found.Instances, func(i machines.Instance[string, json.RawMessage]) bool {
		return i.ID == id && string(i.Tenant) == f.tenant
	})
	if at < 0 {
		return fmt.Errorf("the machine %s has no instance %q of the tenant %q", found.Chart.Machine, id, f.tenant)
	}
	line := instanceLine{Instance: found.Instances[at], Allowed: found.Chart.Allowed(found.Instances[at].State)}
	if f.mermaid || f.graphviz {
		return f.machine(cmd.OutOrStdout(), found.Chart, line.State)
	}
	for told, err := range machines.History(cmd.Context(), b, found.Chart.Machine, id, bus.UntilEnd()) {
		if err != nil {
			return err
		}
		if told.Tenant == f.tenant {
			line.History = append(line.History, newToldLine(told))
		}
	}
	if f.json {
		return printJSON(cmd.OutOrStdout(), line)
	}
	return line.print(cmd.OutOrStdout())
}

func (l *instanceLine) print(out io.Writer) error {
	var data bytes.Buffer
	if err := json.Indent(&data, l.Data, "         ", "  "); err != nil {
		data.Reset()
		data.Write(l.Data)
	}
	events := make([]string, len(l.Allowed))
	for i, a := range l.Allowed {
		events[i] = a.Event + " → " + a.To
	}
	_, err := fmt.Fprintf(out, "state    %s, version %d, entered %s\ndata     %s\nallows   %s\n\n", l.State, l.Version,
		l.Entered.Local().Format(time.DateTime), data.String(), cmp.Or(strings.Join(events, ", "), "nothing: the state is final"))
	if err != nil {
		return err //nolint:wrapcheck // the terminal's own
	}
	t := newTable(out, "AT", "VERSION", "EVENT", "FROM", "OUTCOME")
	for _, told := range l.History {
		t.row(told.At.Local().Format(time.DateTime), strconv.FormatInt(told.Version, 10), told.Event, told.From, told.outcome())
	}
	return t.flush()
}
