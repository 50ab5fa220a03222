package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/request"
)

// machineSend holds the flags and arguments of the command.
type machineSend struct {
	group, machine, id, event string

	tenant string
	wait   time.Duration
	json   bool
}

func newMachinesSend(g *global) *cobra.Command {
	f := &machineSend{}
	cmd := &cobra.Command{
		Use: "send GROUP MACHINE ID EVENT [JSON|-]", Short: "Send an event to an instance, and say what became of it",
		Long: "Send an event to an instance, and wait until the topic MACHINE.transitions tells what became of it. The payload is {} unless\n" +
			"one is given, or comes on standard input for -. A refusal is exit code 1.",
		Example: "  millrace machines send shop order 42 pay '{\"amount\":5}'\n  millrace machines send shop order 42 cancel --tenant acme --wait 0",
		Args:    usage(cobra.RangeArgs(4, 5)), ValidArgsFunction: g.completeGroups, //nolint:mnd // the last may be left out
		RunE: func(cmd *cobra.Command, args []string) error {
			f.group, f.machine, f.id, f.event, f.json = args[0], args[1], args[2], args[3], g.json
			payload, err := jsonArgument(cmd.InOrStdin(), args[4:], "{}")
			if err != nil {
				return err
			}
			b, err := g.open(cmd.Context())
			if err != nil {
				return err
			}
			defer b.Close() //nolint:errcheck // Publish has waited for everything
			return f.run(cmd, b, payload)
		},
	}
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the instance's tenant")
	cmd.Flags().DurationVar(&f.wait, "wait", 10*time.Second, "how long to wait for what becomes of it (0: not at all)") //nolint:mnd // a rebalance
	g.wantJSON(cmd)
	return cmd
}

func (f *machineSend) run(cmd *cobra.Command, b *bus.Bus, payload json.RawMessage) error {
	found, err := inspected(cmd, b, machines.Inspect, f.group, f.machine)
	if err != nil {
		return err
	}
	ctx := request.With(cmd.Context(), request.Info{Tenant: request.Tenant(f.tenant)})
	ends, err := b.Offsets(ctx, bus.Topic(f.machine+".transitions"), bus.Latest)
	if err != nil {
		return err
	}
	message := found[0].Chart.New(f.id, f.event, payload)
	results := b.Publish(ctx, message)
	if err := results.Err(); err != nil {
		return err
	}
	if f.wait <= 0 {
		return printResult(cmd.OutOrStdout(), results[0], f.json)
	}
	return f.await(ctx, cmd.OutOrStdout(), b, message.ID(), ends)
}

// await reads what is told from the ends on, until it is of the event.
func (f *machineSend) await(ctx context.Context, out io.Writer, b *bus.Bus, event string, ends map[bus.Partition]int64) error {
	ctx, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	for told, err := range machines.History(ctx, b, f.machine, f.id, bus.From(ends)) {
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err != nil {
			break
		}
		line := newToldLine(told)
		if line.Cause != event {
			continue
		}
		if f.json {
			if err := printJSON(out, line); err != nil {
				return err
			}
		} else if _, err := fmt.Fprintf(out, "%s %s\n", line.Event, line.outcome()); err != nil {
			return err //nolint:wrapcheck // the terminal's own
		}
		if line.Refused {
			return fmt.Errorf("%s %q does not take %s in the state %s: %s",
				f.machine, f.id, line.Event, line.From, cmp.Or(line.Reason, "not allowed"))
		}
		return nil
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("the event was sent, and nothing was told of it within %s: does the group run? See `millrace shards %s`", f.wait, f.group)
	}
	return ctx.Err()
}
