package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// webhooksAsk holds the flags of a command that asks a group for something.
type webhooksAsk struct {
	global *global
	tenant string
	wait   time.Duration
}

const sealKeyVariable = "MILLRACE_WEBHOOKS_KEY"

func (f *webhooksAsk) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the endpoint's tenant")
	cmd.Flags().DurationVar(&f.wait, "wait", 30*time.Second, "how long to wait for the answer") //nolint:mnd // a rebalance and an attempt
	f.global.wantJSON(cmd)
}

// ask calls call for the endpoint that the arguments name.
func (f *webhooksAsk) ask(cmd *cobra.Command, args []string, call func(context.Context, *webhooks.Hooks, partitions.Asked) error) error {
	if _, err := f.global.endpoint(cmd, args, f.tenant); err != nil {
		return err
	}
	opts, err := sealing(os.Getenv(sealKeyVariable))
	if err != nil {
		return err
	}
	b, err := f.global.open(cmd.Context())
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // Ask has waited for everything
	ctx, cancel := context.WithTimeout(request.With(cmd.Context(), request.Info{Tenant: request.Tenant(f.tenant)}), f.wait)
	defer cancel()
	err = call(ctx, webhooks.Define(args[1], opts...), partitions.Outside(b, args[0]))
	if ctx.Err() != nil && cmd.Context().Err() == nil {
		return fmt.Errorf("there is no answer within %s: does the group run? See `millrace shards %s`: %w", f.wait, args[0], err)
	}
	return err
}

// sealing reads a key that seals, "ID:base64 of 32 bytes", if there is one. Errors do not hold it.
func sealing(text string) ([]webhooks.Option, error) {
	if text == "" {
		return nil, nil
	}
	id, encoded, _ := strings.Cut(text, ":")
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || id == "" {
		return nil, &usageError{fmt.Errorf("%s must be ID:BASE64, of 32 bytes", sealKeyVariable)}
	}
	return []webhooks.Option{webhooks.Sealed(webhooks.SealKey{ID: id, Secret: secret})}, nil
}

func newWebhooksTest(g *global) *cobra.Command {
	f := &webhooksAsk{global: g}
	var eventType string
	cmd := &cobra.Command{
		Use: "test GROUP NAME ID [JSON|-]", Short: "Send an endpoint a test, and show what it answers",
		Long: "Send an endpoint a test, and show what it answers. The data is {} unless it is given, or comes on standard input\n" +
			"for -. The attempt counts for nothing, and is made also where the endpoint is disabled. An answer that is none of 2xx is exit code 1.",
		Example: "  millrace webhooks test shop-webhooks shop ep_1 --tenant acme --type order.placed '{\"id\":42}'",
		Args:    usage(cobra.RangeArgs(3, 4)), ValidArgsFunction: g.completeGroups, //nolint:mnd // the last may be left out
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := jsonArgument(cmd.InOrStdin(), args[3:], "{}")
			if err != nil {
				return err
			}
			return f.ask(cmd, args, func(ctx context.Context, h *webhooks.Hooks, group partitions.Asked) error {
				a, err := h.Test(ctx, group, args[2], webhooks.Event{Type: eventType, Data: data})
				if err != nil {
					return err
				}
				if g.json {
					err = printJSON(cmd.OutOrStdout(), a)
				} else {
					_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s in %s\n%s\n",
						inspect.Answered(a.Status, a.Failed), a.Took.Round(time.Millisecond), strings.TrimSpace(a.Excerpt))
				}
				if err == nil && (a.Status < 200 || a.Status > 299) {
					err = fmt.Errorf("the endpoint %s does not take the test: %s", args[2], inspect.Answered(a.Status, a.Failed))
				}
				return err
			})
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&eventType, "type", webhooks.TestType, "the event's type")
	return cmd
}

func newWebhooksRotate(g *global) *cobra.Command {
	f := &webhooksAsk{global: g}
	var overlap time.Duration
	cmd := &cobra.Command{
		Use: "rotate GROUP NAME ID", Short: "Give an endpoint another key, and print what its receiver verifies with",
		Long: "Give an endpoint another key, and print what its receiver verifies with: the secret, or the public key of v1a. Attempts are\n" +
			"signed with the old key too until --overlap has passed.\n" +
			"Where secrets are sealed, " + sealKeyVariable + " is the key that seals, as ID:BASE64.",
		Example: "  millrace webhooks rotate shop-webhooks shop ep_1 --tenant acme --overlap 24h",
		Args:    usage(cobra.ExactArgs(3)), ValidArgsFunction: g.completeGroups, //nolint:mnd // three
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.ask(cmd, args, func(ctx context.Context, h *webhooks.Hooks, group partitions.Asked) error {
				key, err := h.Rotate(ctx, group, args[2], overlap)
				if err != nil {
					return err
				}
				shown := key.Public().Reveal()
				if shown == "" {
					shown = key.Reveal()
				}
				if g.json {
					return printJSON(cmd.OutOrStdout(), map[string]string{"id": args[2], "key": shown})
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), shown)
				return err //nolint:wrapcheck // the terminal's own
			})
		},
	}
	f.flags(cmd)
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the old key signs too") //nolint:mnd // a day
	return cmd
}

func newWebhooksSwitch(g *global, on bool) *cobra.Command {
	f := &webhooksAsk{global: g}
	var reason string
	use, short := "disable", "Let an endpoint be told of nothing; what waits for it goes on waiting"
	if on {
		use, short = "enable", "Let an endpoint be told of events again, and of what waits for it"
	}
	cmd := &cobra.Command{
		Use: use + " GROUP NAME ID", Short: short,
		Example: "  millrace webhooks " + use + " shop-webhooks shop ep_1 --tenant acme",
		Args:    usage(cobra.ExactArgs(3)), ValidArgsFunction: g.completeGroups, //nolint:mnd // three
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.ask(cmd, args, func(ctx context.Context, h *webhooks.Hooks, group partitions.Asked) (err error) {
				var e webhooks.Endpoint
				if on {
					e, err = h.Enable(ctx, group, args[2])
				} else {
					e, err = h.Disable(ctx, group, args[2], reason)
				}
				if err != nil {
					return err
				}
				if g.json {
					return printJSON(cmd.OutOrStdout(), e)
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is %sd\n", e.ID, use)
				return err //nolint:wrapcheck // the terminal's own
			})
		},
	}
	f.flags(cmd)
	if !on {
		cmd.Flags().StringVar(&reason, "reason", "by an operator", "why, for whoever looks later")
	}
	return cmd
}
