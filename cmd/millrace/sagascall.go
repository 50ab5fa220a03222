package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
)

// sagasCall holds the flags of a command that sends sagas something.
type sagasCall struct {
	tenant string
	reason string
}

func newSagasCall(g *global, verb, short string, reasoned bool) *cobra.Command {
	f := &sagasCall{}
	cmd := &cobra.Command{
		Use: verb + " GROUP FLOW ID…", Short: short,
		Example: "  millrace sagas " + verb + " shop checkout 42 43",
		Args:    usage(cobra.MinimumNArgs(3)), ValidArgsFunction: g.completeGroups, //nolint:mnd // three
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.callSagas(cmd, args[0], args[1], f.tenant, args[2:], func(ctx context.Context, b *bus.Bus) bus.Results {
				switch flow := inspect.Flow(args[1]); verb {
				case "cancel":
					return flow.Cancel(ctx, b, f.reason, args[2:]...)
				case "resume":
					return flow.Resume(ctx, b, args[2:]...)
				default:
					return flow.Abandon(ctx, b, f.reason, args[2:]...)
				}
			})
		},
	}
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the sagas' tenant")
	if reasoned {
		cmd.Flags().StringVar(&f.reason, "reason", "by an operator", "why, for whoever looks later")
	}
	g.wantJSON(cmd)
	return cmd
}

func newSagasSignal(g *global) *cobra.Command {
	f := &sagasCall{}
	cmd := &cobra.Command{
		Use: "signal GROUP FLOW ID SIGNAL [JSON|-]", Short: "Send a saga a signal",
		Long: "Send a saga a signal, whether it awaits it now or later. The value is null unless one is given, or comes on standard input for -.\n" +
			"It must be what the flow expects: a saga that cannot read it is parked.",
		Example: "  millrace sagas signal shop checkout 42 approved '\"anna\"'",
		Args:    usage(cobra.RangeArgs(4, 5)), ValidArgsFunction: g.completeGroups, //nolint:mnd // the last may be left out
		RunE: func(cmd *cobra.Command, args []string) error {
			value, err := jsonArgument(cmd.InOrStdin(), args[4:], "null")
			if err != nil {
				return err
			}
			return g.callSagas(cmd, args[0], args[1], f.tenant, args[2:3], func(ctx context.Context, b *bus.Bus) bus.Results {
				return sagas.NewSignal[json.RawMessage](args[3]).Send(ctx, b, inspect.Flow(args[1]), args[2], value)
			})
		},
	}
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the saga's tenant")
	g.wantJSON(cmd)
	return cmd
}

// callSagas sends sagas something, which must be there and not have ended.
func (g *global) callSagas(
	cmd *cobra.Command, group, flow, tenant string, ids []string, send func(context.Context, *bus.Bus) bus.Results,
) error {
	found, err := g.inspectSagas(cmd, group, flow)
	if err != nil {
		return err
	}
	for _, id := range ids {
		at := slices.IndexFunc(found[0].Sagas, func(i sagas.Inspected) bool {
			return i.Description.ID == id && string(i.Description.Tenant) == tenant
		})
		if at < 0 {
			return fmt.Errorf("the flow %s has no saga %q of the tenant %q; nothing was sent", flow, id, tenant)
		}
		if status := found[0].Sagas[at].Description.Status; status.Ended() {
			return fmt.Errorf("the saga %q has ended: %s; nothing was sent", id, status)
		}
	}
	b, err := g.open(cmd.Context())
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // Publish has waited for everything
	results := send(request.With(cmd.Context(), request.Info{Tenant: request.Tenant(tenant)}), b)
	for _, result := range results {
		if result.Err == nil {
			err = errors.Join(err, printResult(cmd.OutOrStdout(), result, g.json))
		}
	}
	return errors.Join(results.Err(), err)
}

// jsonArgument is the argument, what stands on standard input for -, or what is meant without one.
func jsonArgument(in io.Reader, args []string, otherwise string) (json.RawMessage, error) {
	value := json.RawMessage(otherwise)
	switch {
	case len(args) > 0 && args[0] == "-":
		var err error
		if value, err = io.ReadAll(io.LimitReader(in, maxLine)); err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
	case len(args) > 0:
		value = json.RawMessage(args[0])
	}
	if !json.Valid(value) {
		return nil, &usageError{errors.New("the value is not JSON; text is written '\"so\"'")}
	}
	return value, nil
}
