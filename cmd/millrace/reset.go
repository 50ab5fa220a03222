package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// resetting is what the command was asked for.
type resetting struct {
	group       string
	from        string
	inputs      []string
	yes, dryRun bool
}

func newReset(g *global) *cobra.Command {
	r := &resetting{}
	cmd := &cobra.Command{
		Use: "reset GROUP", Short: "Erase a partition group's tables, timers and parked records, so that it builds them again",
		Long: "Erase a partition group's tables, timers and parked records, and set where it begins again, so that its next run builds\n" +
			"them anew from its inputs. What it reads again it also emits again, and what does not come from its inputs, as that of\n" +
			"singletons, does not come back. Nobody may run the group meanwhile. Dead letters stay.",
		Example: "  millrace shards reset ledger\n  millrace shards reset ledger --from latest --yes",
		Args:    usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.group = args[0]; g.json && !r.yes && !r.dryRun {
				return &usageError{errors.New("--json asks nothing: say --yes, or --dry-run")}
			}
			from, known := map[string]bus.Start{"earliest": bus.Earliest, "latest": bus.Latest}[r.from]
			if !known {
				return &usageError{fmt.Errorf("--from %q must be earliest or latest", r.from)}
			}
			b, err := g.open(cmd.Context())
			if err != nil {
				return err
			}
			return errors.Join(r.run(cmd, b, from, g.json), b.Close())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.from, "from", "earliest", "where it begins again in its inputs: earliest or latest")
	flags.StringArrayVar(&r.inputs, "input", nil, "a topic that it reads, as often as there are some; known from its offsets, where it still has any")
	flags.BoolVar(&r.yes, "yes", false, "do not ask")
	flags.BoolVar(&r.dryRun, "dry-run", false, "only say what would be erased")
	g.wantJSON(cmd)
	return cmd
}

// resetLine is the outcome as programs read it.
type resetLine struct {
	Group   string      `json:"group"`
	From    string      `json:"from"`
	Inputs  []bus.Topic `json:"inputs"`
	Rows    int         `json:"rows"`
	Timers  int         `json:"timers"`
	Parked  int         `json:"parked"`
	Records int         `json:"records"`
	DryRun  bool        `json:"dry_run,omitempty"`
}

func (r *resetting) run(cmd *cobra.Command, b *bus.Bus, from bus.Start, asJSON bool) error {
	opts := []partitions.ResetOption{partitions.ResetFrom(from)}
	for _, input := range r.inputs {
		opts = append(opts, partitions.ResetInputs(bus.Topic(input)))
	}
	erased, err := partitions.Reset(cmd.Context(), b, r.group, append(opts, partitions.ResetDryRun())...)
	if err != nil {
		return err
	}
	if !asJSON {
		if err := r.say(cmd, erased, "would erase"); err != nil {
			return err
		}
	}
	if !r.dryRun {
		if err := r.confirm(cmd); err != nil {
			return err
		}
		bar := newProgress(cmd.ErrOrStderr(), "erasing", erased.Records)
		erased, err = partitions.Reset(cmd.Context(), b, r.group, append(opts, partitions.ResetProgress(bar.set))...)
		bar.end()
		if err != nil {
			return err
		}
	}
	switch {
	case asJSON:
		return printJSON(cmd.OutOrStdout(), resetLine{
			r.group, r.from, erased.Inputs, erased.Rows, erased.Timers, erased.Parked, erased.Records, r.dryRun,
		})
	case r.dryRun:
		return nil
	}
	return r.say(cmd, erased, "erased")
}

func (r *resetting) say(cmd *cobra.Command, erased partitions.Erased, verb string) error {
	inputs := make([]string, len(erased.Inputs))
	for i, input := range erased.Inputs {
		inputs[i] = string(input)
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %d rows, %d timers and %d parked records of %s; it begins again at the %s of %s\n",
		verb, erased.Rows, erased.Timers, erased.Parked, r.group, r.from, strings.Join(inputs, ", "))
	return err //nolint:wrapcheck // the terminal's own
}

// confirm asks for the group's name, unless it was told not to ask.
func (r *resetting) confirm(cmd *cobra.Command) error {
	if r.yes {
		return nil
	}
	if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "This cannot be undone. Type the group's name to go on: "); err != nil {
		return err //nolint:wrapcheck // the terminal's own
	}
	answer := bufio.NewScanner(cmd.InOrStdin())
	if !answer.Scan() || strings.TrimSpace(answer.Text()) != r.group {
		return errors.Join(errors.New("nothing was erased; say --yes to do without the question"), answer.Err())
	}
	return nil
}
