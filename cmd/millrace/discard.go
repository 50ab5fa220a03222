package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
)

// discardLine is the outcome as programs read it.
type discardLine struct {
	Group     string `json:"group"`
	Discarded int    `json:"discarded"`
	DryRun    bool   `json:"dry_run,omitempty"`
}

func newDiscard(g *global) *cobra.Command {
	var all, dryRun bool
	cmd := &cobra.Command{
		Use: "discard GROUP [POSITION…]", Short: "Forget dead letters: those named, or with --all every one",
		Long: "Forget dead letters: those named, or with --all every one. They are not listed and not redriven any more; their records stay\n" +
			"in the topic GROUP.dlq as long as it keeps them.",
		Example: "  millrace deadletters discard mailer 0@17 0@18\n  millrace deadletters discard mailer --all --dry-run",
		Args:    usage(cobra.MinimumNArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			positions, err := parsePositions(args[1:])
			if err != nil {
				return err
			}
			if all == (len(positions) > 0) {
				return &usageError{errors.New("name the positions of the dead letters, or say --all, but not both")}
			}
			return g.deadLetters(cmd.Context(), args[0], func(b *bus.Bus) error {
				return discard(cmd, b, args[0], positions, dryRun, g.json)
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all dead letters of the group")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say how many it would be")
	g.wantJSON(cmd)
	return cmd
}

func discard(cmd *cobra.Command, b *bus.Bus, group string, positions []bus.Position, dryRun, asJSON bool) error {
	total, err := countDeadLetters(cmd, b, group, positions)
	if err != nil {
		return err
	}
	line := discardLine{Group: group, Discarded: total, DryRun: dryRun}
	if !dryRun {
		var opts []bus.RedriveOption
		if len(positions) > 0 {
			opts = append(opts, bus.At(positions...))
		}
		line.Discarded, err = b.Discard(cmd.Context(), group, opts...)
	}
	if asJSON {
		return errors.Join(printJSON(cmd.OutOrStdout(), line), err)
	}
	verb := "forgot"
	if dryRun {
		verb = "would forget"
	}
	_, errPrint := fmt.Fprintf(cmd.OutOrStdout(), "%s %d of %d dead letters of %s\n", verb, line.Discarded, total, group)
	return errors.Join(errPrint, err)
}
