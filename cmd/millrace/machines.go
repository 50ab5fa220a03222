package main

import (
	"context"
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

func newMachines(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use: "machines GROUP", Short: "List a group's state machines, and how many instances are in which state",
		Long: "List a group's state machines, and how many instances are in which state. All is read from the group's changelog,\n" +
			"as it is committed: no node need run.",
		Example: "  millrace machines shop\n  millrace machines list shop order --state paid\n  millrace machines show shop order 42\n" +
			"  millrace machines send shop order 42 pay '{\"amount\":5}'",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := g.inspectMachines(cmd, args[0])
			if err != nil {
				return err
			}
			return printMachines(cmd.OutOrStdout(), found, g.json)
		},
	}
	g.wantJSON(cmd)
	cmd.AddCommand(newMachinesList(g), newMachinesShow(g), newMachinesSend(g))
	return cmd
}

// inspectMachines reads a group's machines, or the one that is named, which must be there.
func (g *global) inspectMachines(cmd *cobra.Command, group string, names ...string) ([]machines.Inspection, error) {
	b, err := g.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer b.Close() //nolint:errcheck // only read from
	return inspected(cmd, b, machines.Inspect, group, names...)
}

// inspected reads what a group has of something, or what is named of it, which must be there.
func inspected[T any](
	cmd *cobra.Command, b *bus.Bus, read func(context.Context, *bus.Bus, string, ...string) ([]T, error), group string, names ...string,
) ([]T, error) {
	found, err := read(cmd.Context(), b, group, names...)
	switch {
	case errors.Is(err, bus.ErrNoTopic):
		return nil, fmt.Errorf("no partition group %q has run: there is no topic %s.changelog", group, group)
	case err != nil:
		return nil, err
	case len(found) == 0 && len(names) > 0:
		return nil, fmt.Errorf("the group %s has no %s; see `%s %s`", group, names[0], cmd.Parent().CommandPath(), group)
	}
	return found, nil
}

// machineLine is a machine as programs read it.
type machineLine struct {
	Machine   string         `json:"machine"`
	Version   int            `json:"version"`
	Instances int            `json:"instances"`
	States    map[string]int `json:"states"`
}

func printMachines(out io.Writer, found []machines.Inspection, asJSON bool) error {
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "MACHINE", "VERSION", "INSTANCES", "STATES")
	}
	for _, one := range found {
		line := machineLine{Machine: one.Chart.Machine, Version: one.Chart.Version, Instances: len(one.Instances), States: make(map[string]int)}
		for _, i := range one.Instances {
			line.States[i.State]++
		}
		if asJSON {
			if err := printJSON(out, line); err != nil {
				return err
			}
			continue
		}
		var states []string
		for _, state := range one.Chart.States() {
			if n := line.States[state]; n > 0 {
				states = append(states, state+" "+strconv.Itoa(n))
			}
		}
		t.row(line.Machine, strconv.Itoa(line.Version), strconv.Itoa(line.Instances), orDash(strings.Join(states, ", ")))
	}
	return t.flush()
}

func newMachinesList(g *global) *cobra.Command {
	var states []string
	var tenant string
	var limit first
	cmd := &cobra.Command{
		Use: "list GROUP MACHINE", Short: "List a machine's instances",
		Example: "  millrace machines list shop order --state paid --state packed --limit 20",
		Args:    usage(cobra.ExactArgs(2)), ValidArgsFunction: g.completeGroups, //nolint:mnd // two
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := g.inspectMachines(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			for _, state := range states {
				if known := found[0].Chart.States(); !slices.Contains(known, state) {
					return &usageError{fmt.Errorf("the machine %s has no state %q, but %s", args[1], state, strings.Join(known, ", "))}
				}
			}
			instances := slices.DeleteFunc(found[0].Instances, func(i machines.Instance[string, json.RawMessage]) bool {
				return len(states) > 0 && !slices.Contains(states, i.State) || cmd.Flags().Changed("tenant") && string(i.Tenant) != tenant
			})
			return printInstances(cmd.OutOrStdout(), instances, limit, g.json)
		},
	}
	cmd.Flags().StringArrayVar(&states, "state", nil, "only instances in this state; may be repeated")
	cmd.Flags().StringVar(&tenant, "tenant", "", "only instances of this tenant")
	limit.flag(cmd)
	g.wantJSON(cmd)
	return cmd
}

func printInstances(out io.Writer, instances []machines.Instance[string, json.RawMessage], limit first, asJSON bool) error {
	return printFirst(out, limit, instances, asJSON, []string{"ID", "TENANT", "STATE", "VERSION", "ENTERED"},
		func(i machines.Instance[string, json.RawMessage]) []string {
			return []string{i.ID, orDash(string(i.Tenant)), i.State, strconv.FormatInt(i.Version, 10), i.Entered.Local().Format(time.DateTime)}
		})
}
