package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
)

func newRedrive(g *global) *cobra.Command {
	var dryRun, toOrigin bool
	cmd := &cobra.Command{
		Use: "redrive GROUP [POSITION…]", Short: "Give dead letters back to their group: those named, or all",
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			positions, err := parsePositions(args[1:])
			if err != nil {
				return err
			}
			return g.deadLetters(cmd.Context(), args[0], func(b *bus.Bus) error {
				var opts []bus.RedriveOption
				if toOrigin {
					opts = append(opts, bus.ToOrigin())
				}
				return redrive(cmd, b, args[0], positions, opts, dryRun, g.json)
			})
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say how many it would be")
	cmd.Flags().BoolVar(&toOrigin, "to-origin", false,
		"give them back to the topics that they came from, where other groups see them too; for groups of package partitions")
	g.wantJSON(cmd)
	return cmd
}

// redriveLine is the outcome as programs read it.
type redriveLine struct {
	Group    string `json:"group"`
	Redriven int    `json:"redriven"`
	DryRun   bool   `json:"dry_run,omitempty"`
}

func redrive(cmd *cobra.Command, b *bus.Bus, group string, positions []bus.Position, opts []bus.RedriveOption, dryRun, asJSON bool) error {
	total, err := countDeadLetters(cmd, b, group, positions)
	if err != nil {
		return err
	}
	line := redriveLine{Group: group, Redriven: total, DryRun: dryRun}
	if !dryRun {
		bar := newProgress(cmd.ErrOrStderr(), "redriving", total)
		opts = append(opts, bus.Progress(bar.set))
		if len(positions) > 0 {
			opts = append(opts, bus.At(positions...))
		}
		line.Redriven, err = b.Redrive(cmd.Context(), group, opts...)
		bar.end()
	}
	if asJSON {
		return errors.Join(printJSON(cmd.OutOrStdout(), line), err)
	}
	verb := "gave back"
	if dryRun {
		verb = "would give back"
	}
	_, errPrint := fmt.Fprintf(cmd.OutOrStdout(), "%s %d of %d dead letters of %s\n", verb, line.Redriven, total, group)
	return errors.Join(errPrint, err)
}

func countDeadLetters(cmd *cobra.Command, b *bus.Bus, group string, positions []bus.Position) (int, error) {
	wanted := make(map[bus.Position]bool, len(positions))
	for _, position := range positions {
		wanted[position] = true
	}
	total := 0
	for letter, err := range b.DeadLetters(cmd.Context(), group) {
		if err != nil {
			return 0, err
		}
		if len(positions) == 0 || wanted[letter.Position] {
			total++
			delete(wanted, letter.Position)
		}
	}
	for position := range wanted {
		return 0, fmt.Errorf("group %s has no dead letter at %s; see `millrace deadletters %[1]s`", group, position)
	}
	return total, nil
}
