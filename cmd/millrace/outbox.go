package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
)

func newOutbox(g *global) *cobra.Command {
	var group string
	cmd := &cobra.Command{
		Use: "outbox", Short: "List an outbox's relays and slots: who publishes, how far behind, and what to do",
		Long: "List the relays of a group and the replication slots of a database: who publishes, how far behind in bytes and in time, how\n" +
			"much log PostgreSQL keeps, and what stands in the way, with what to do about it. It asks PostgreSQL for the slots and\n" +
			"Kafka for what the relays have committed and told, so no relay need run.\n\n" +
			"Without any address it looks at the servers of the `millrace dev` that runs on the default directory.\n\n" +
			"LAG is log that the slot's reader has not confirmed. BEHIND is how long the oldest unpublished transaction waits, told by\n" +
			"the relay every five seconds; ≤ stands before the time since the last checkpoint, where no relay works.",
		Example: "  millrace outbox --database postgres://app@db.internal/shop\n  millrace outbox --group shop-outbox --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lines, err := g.outboxLines(cmd, group)
			if err != nil {
				return err
			}
			return printOutbox(cmd.OutOrStdout(), lines, group, g.json)
		},
	}
	cmd.Flags().StringVar(&group, "group", cmp.Or(os.Getenv("OUTBOX_GROUP"), relayGroup), "the relays' consumer group (OUTBOX_GROUP)")
	_ = cmd.RegisterFlagCompletionFunc("group", g.completeGroups) // the flag is there
	g.wantJSON(cmd)
	return cmd
}

// outboxLines reads the relays, and says when slots are not looked at.
func (g *global) outboxLines(cmd *cobra.Command, group string) ([]inspect.Relay, error) {
	if err := g.findDev(); err != nil {
		return nil, err
	}
	if g.database == "" {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "slots are not looked at: give --database or DATABASE_URL")
	}
	b, err := g.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer b.Close() //nolint:errcheck // only read from
	return inspect.Relays(cmd.Context(), b, g.database, group)
}

func printOutbox(out io.Writer, lines []inspect.Relay, group string, asJSON bool) error {
	if asJSON {
		for _, line := range lines {
			if err := printJSON(out, line); err != nil {
				return err
			}
		}
		return nil
	}
	if len(lines) == 0 {
		_, err := fmt.Fprintf(out, "no relay of the group %s has run, and there is no slot; start one with `millrace relay --migrate`\n", group)
		return err //nolint:wrapcheck // the terminal's own
	}
	t := newTable(out, "RELAY", "MODE", "STATE", "NODE", "LAG", "BEHIND", "KEPT", "WAL", "RATE", "CHECKPOINT")
	var problems []error
	for _, line := range lines {
		t.row(line.Relay, line.Mode, line.State, orDash(cmp.Or(line.Node, line.Reader)), inspect.Size(line.Lag), line.BehindText(),
			inspect.Size(line.Kept), orDash(line.WAL), line.RateText(), line.CheckpointText())
		for _, problem := range line.Problems {
			problems = append(problems, fmt.Errorf("%s: %s\n  do: %s", line.Relay, oneLine(problem.Found), oneLine(problem.Change)))
		}
	}
	if err := t.flush(); err != nil || len(problems) == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%v\n", errors.Join(problems...))
	return err //nolint:wrapcheck // the terminal's own
}
