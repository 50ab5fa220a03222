package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/sagas"
)

func newSagas(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use: "sagas GROUP", Short: "List a group's flows, and how many sagas of each are where",
		Long: "List a group's flows, and how many sagas of each are where. All is read from the group's changelog, as it is committed: no\n" +
			"node need run. Sagas that have ended are there as long as their flow keeps them.",
		Example: "  millrace sagas shop\n  millrace sagas list shop checkout --status parked --older 1h\n  millrace sagas show shop checkout 42\n" +
			"  millrace sagas signal shop checkout 42 approved '\"anna\"'\n  millrace sagas resume shop checkout 42",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := g.inspectSagas(cmd, args[0])
			if err != nil {
				return err
			}
			return printFlows(cmd.OutOrStdout(), found, g.json)
		},
	}
	g.wantJSON(cmd)
	cmd.AddCommand(newSagasList(g), newSagasShow(g), newSagasSignal(g), newSagasCall(g, "cancel", "Cancel sagas: what was done is undone", true),
		newSagasCall(g, "resume", "Let parked sagas go on where they were", false),
		newSagasCall(g, "abandon", "End parked sagas as they are: nothing is undone", true))
	return cmd
}

// inspectSagas reads a group's flows, or the one that is named, which must be there.
func (g *global) inspectSagas(cmd *cobra.Command, group string, flows ...string) ([]sagas.Inspection, error) {
	b, err := g.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer b.Close() //nolint:errcheck // only read from
	return inspected(cmd, b, sagas.Inspect, group, flows...)
}

// flowLine is a flow as programs read it.
type flowLine struct {
	Flow     string               `json:"flow"`
	Sagas    int                  `json:"sagas"`
	Statuses map[sagas.Status]int `json:"statuses"`
}

func printFlows(out io.Writer, found []sagas.Inspection, asJSON bool) error {
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "FLOW", "SAGAS", "STATUSES")
	}
	for _, one := range found {
		line := flowLine{Flow: one.Flow, Sagas: len(one.Sagas), Statuses: make(map[sagas.Status]int)}
		for _, saga := range one.Sagas {
			line.Statuses[saga.Description.Status]++
		}
		if asJSON {
			if err := printJSON(out, line); err != nil {
				return err
			}
			continue
		}
		var statuses []string
		for _, status := range slices.Sorted(maps.Keys(line.Statuses)) {
			statuses = append(statuses, string(status)+" "+strconv.Itoa(line.Statuses[status]))
		}
		t.row(line.Flow, strconv.Itoa(line.Sagas), orDash(strings.Join(statuses, ", ")))
	}
	return t.flush()
}

// sagasList holds the flags of the command.
type sagasList struct {
	statuses []string
	tenant   string
	tenanted bool
	older    time.Duration
	limit    first
}

func newSagasList(g *global) *cobra.Command {
	f := &sagasList{}
	cmd := &cobra.Command{
		Use: "list GROUP FLOW", Short: "List a flow's sagas, by status, tenant and age",
		Example: "  millrace sagas list shop checkout --status waiting --status parked --older 24h\n" +
			"  millrace sagas list shop checkout --json | jq -r .id",
		Args: usage(cobra.ExactArgs(2)), ValidArgsFunction: g.completeGroups, //nolint:mnd // two
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, status := range f.statuses {
				if !slices.Contains(inspect.Statuses(), sagas.Status(status)) {
					return &usageError{fmt.Errorf("--status %q must be one of %v", status, inspect.Statuses())}
				}
			}
			found, err := g.inspectSagas(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			f.tenanted = cmd.Flags().Changed("tenant")
			return f.print(cmd.OutOrStdout(), slices.DeleteFunc(found[0].Sagas, f.passes(time.Now())), g.json)
		},
	}
	cmd.Flags().StringArrayVar(&f.statuses, "status", nil, "only sagas of this status; may be repeated")
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "only sagas of this tenant")
	cmd.Flags().DurationVar(&f.older, "older", 0, "only sagas that were started longer ago")
	f.limit.flag(cmd)
	g.wantJSON(cmd)
	return cmd
}

// passes says which sagas are not meant.
func (f *sagasList) passes(now time.Time) func(sagas.Inspected) bool {
	return func(i sagas.Inspected) bool {
		d := i.Description
		return len(f.statuses) > 0 && !slices.Contains(f.statuses, string(d.Status)) || f.tenanted && string(d.Tenant) != f.tenant ||
			now.Sub(d.Started) < f.older
	}
}

func (f *sagasList) print(out io.Writer, found []sagas.Inspected, asJSON bool) error {
	list := make([]sagas.Description, len(found))
	for i := range found {
		list[i] = found[i].Description
	}
	return printFirst(out, f.limit, list, asJSON, []string{"ID", "TENANT", "STATUS", "STARTED", "CHANGED", "STEPS", "WAITS FOR", "REASON"},
		func(d sagas.Description) []string {
			return []string{
				d.ID, orDash(string(d.Tenant)), string(d.Status), d.Started.Local().Format(time.DateTime), d.Changed.Local().Format(time.DateTime),
				strconv.Itoa(len(d.Done)), orDash(inspect.Waits(d)), orDash(d.Reason),
			}
		})
}
