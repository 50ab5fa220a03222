package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
)

func newDeadLetters(g *global) *cobra.Command {
	list := &cobra.Command{
		Use: "deadletters GROUP", Short: "List the events that a consumer group gave up on",
		Example: "  millrace deadletters mailer\n  millrace deadletters show mailer 0@17\n  millrace deadletters redrive mailer",
		Args:    usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.deadLetters(cmd.Context(), args[0], func(b *bus.Bus) error {
				return listDeadLetters(cmd, b, args[0], g.json)
			})
		},
	}
	g.wantJSON(list)
	show := &cobra.Command{
		Use: "show GROUP POSITION…", Short: "Print dead letters whole; a position is as the list has it, such as 0@17",
		Args: usage(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			positions, err := parsePositions(args[1:])
			if err != nil {
				return err
			}
			return g.deadLetters(cmd.Context(), args[0], func(b *bus.Bus) error {
				return showDeadLetters(cmd, b, args[0], positions, g.json)
			})
		},
	}
	g.wantJSON(show)
	list.AddCommand(show, newRedrive(g), newDiscard(g))
	return list
}

func (g *global) deadLetters(ctx context.Context, _ string, do func(*bus.Bus) error) error {
	b, err := g.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(b), b.Close())
}

// completeGroups gives the shell the groups that there are.
func (g *global) completeGroups(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	b, err := g.open(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	defer b.Close() //nolint:errcheck // only read from
	lags, err := b.Lag(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(lags))
	for i, lag := range lags {
		names[i] = lag.Group
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func parsePositions(args []string) ([]bus.Position, error) {
	positions := make([]bus.Position, len(args))
	for i, arg := range args {
		position, err := bus.ParsePosition(arg)
		if err != nil {
			return nil, &usageError{err}
		}
		positions[i] = position
	}
	return positions, nil
}

// letterLine is a dead letter as programs read it.
type letterLine struct {
	Position string     `json:"position"`
	FailedAt time.Time  `json:"failed_at"`
	Reason   bus.Reason `json:"reason"`
	Attempts int        `json:"attempts"`
	Error    string     `json:"error"`
	Record   recordLine `json:"record"`
}

func newLetterLine(l bus.DeadLetter) letterLine {
	return letterLine{l.Position.String(), l.FailedAt, l.Reason, l.Attempts, l.Error, newRecordLine(l.Record)}
}

func listDeadLetters(cmd *cobra.Command, b *bus.Bus, group string, asJSON bool) error {
	out, found := cmd.OutOrStdout(), false
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "POSITION", "FAILED AT", "REASON", "ATTEMPTS", "TYPE", "KEY", "ERROR")
	}
	for letter, err := range b.DeadLetters(cmd.Context(), group) {
		if err != nil {
			return errors.Join(t.flush(), err)
		}
		found = true
		if asJSON {
			if err := printJSON(out, newLetterLine(letter)); err != nil {
				return err
			}
			continue
		}
		t.row(letter.Position.String(), letter.FailedAt.Local().Format(time.DateTime), string(letter.Reason),
			strconv.Itoa(letter.Attempts), orDash(letter.Record.Type()), printable(letter.Record.Key), letter.Error)
	}
	if !found && !asJSON {
		_, err := fmt.Fprintf(out, "group %s has no dead letters\n", group)
		return err //nolint:wrapcheck // the terminal's own
	}
	return t.flush()
}

func showDeadLetters(cmd *cobra.Command, b *bus.Bus, group string, positions []bus.Position, asJSON bool) error {
	wanted := make(map[bus.Position]bool, len(positions))
	for _, position := range positions {
		wanted[position] = true
	}
	for letter, err := range b.DeadLetters(cmd.Context(), group) {
		switch {
		case err != nil:
			return err
		case !wanted[letter.Position]:
			continue
		}
		delete(wanted, letter.Position)
		if err := showDeadLetter(cmd.OutOrStdout(), letter, asJSON); err != nil {
			return err
		}
	}
	for position := range wanted {
		return fmt.Errorf("group %s has no dead letter at %s; see `millrace deadletters %[1]s`", group, position)
	}
	return nil
}

func showDeadLetter(out io.Writer, letter bus.DeadLetter, asJSON bool) error {
	if asJSON {
		return printJSON(out, newLetterLine(letter))
	}
	_, err := fmt.Fprintf(out, "dead letter  %s\nfailed at    %s\nreason       %s\nattempts     %d\nerror        %s\n"+
		"from         %s %d@%d\n", letter.Position, letter.FailedAt.Local().Format(time.DateTime), letter.Reason,
		letter.Attempts, oneLine(letter.Error), letter.Record.Topic, letter.Record.Partition, letter.Record.Offset)
	if err != nil {
		return err //nolint:wrapcheck // the terminal's own
	}
	return printRecord(out, letter.Record, true)
}
