package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/sagas"
)

// sagasShow holds the flags of the command.
type sagasShow struct {
	tenant  string
	values  bool
	history bool
}

func newSagasShow(g *global) *cobra.Command {
	f := &sagasShow{}
	cmd := &cobra.Command{
		Use: "show GROUP FLOW ID", Short: "Show a saga: where it is, what it waits for, and its journal",
		Long: "Show a saga: where it is, what it waits for, and its journal. " +
			"What the saga works on is shown with --values alone. --history prints all\n" +
			"of it as one JSON object, for a test that plays it against new code (sagastest.Replay).",
		Example: "  millrace sagas show shop checkout 42\n  millrace sagas show shop checkout 42 --history > testdata/checkout-42.json",
		Args:    usage(cobra.ExactArgs(3)), ValidArgsFunction: g.completeGroups, //nolint:mnd // three
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := g.inspectSagas(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			at := slices.IndexFunc(found[0].Sagas, func(i sagas.Inspected) bool {
				return i.Description.ID == args[2] && string(i.Description.Tenant) == f.tenant
			})
			if at < 0 {
				return fmt.Errorf("the flow %s has no saga %q of the tenant %q, or keeps it no longer", args[1], args[2], f.tenant)
			}
			saga := found[0].Sagas[at]
			switch {
			case f.history:
				return printJSON(cmd.OutOrStdout(), saga.History)
			case g.json:
				return printJSON(cmd.OutOrStdout(), saga.Description)
			}
			return f.print(cmd.OutOrStdout(), saga)
		},
	}
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the saga's tenant")
	cmd.Flags().BoolVar(&f.values, "values", false, "also print the input, results and values of signals")
	cmd.Flags().BoolVar(&f.history, "history", false, "print the whole history as JSON")
	g.wantJSON(cmd)
	return cmd
}

func (f *sagasShow) print(out io.Writer, saga sagas.Inspected) error {
	d, h := saga.Description, saga.History
	_, err := fmt.Fprintf(out, "status   %s\nstarted  %s\nchanged  %s\nreason   %s\nwaits    %s\n", d.Status, d.Started.Local().Format(time.DateTime),
		d.Changed.Local().Format(time.DateTime), orDash(oneLine(d.Reason)), orDash(inspect.Waits(d)))
	if err == nil && f.values {
		_, err = fmt.Fprintf(out, "input    %s\nresult   %s\n", h.Input, cmp.Or(string(h.Result), "-"))
	}
	if err == nil {
		_, err = fmt.Fprintln(out)
	}
	if err != nil {
		return err //nolint:wrapcheck // the terminal's own
	}
	columns := []string{"AT", "WHEN", "KIND", "NAME", "OUTCOME"}
	if f.values {
		columns = append(columns, "VALUE")
	}
	t := newTable(out, columns...)
	for _, e := range h.Entries {
		row := []string{e.At, e.When.Local().Format(time.StampMilli), string(e.Kind), orDash(e.Name), inspect.Outcome(e)}
		if f.values {
			row = append(row, orDash(string(e.Out)))
		}
		t.row(row...)
	}
	return t.flush()
}
