package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/jobs/webhooks"
)

// endpoint is the one that arguments name, which must be there.
func (g *global) endpoint(cmd *cobra.Command, args []string, tenant string) (webhooks.Inspected, error) {
	found, err := g.inspectWebhooks(cmd, args[0], args[1])
	if err != nil {
		return webhooks.Inspected{}, err
	}
	at := slices.IndexFunc(found[0].Endpoints, func(i webhooks.Inspected) bool {
		return i.Endpoint.ID == args[2] && string(i.Endpoint.Tenant) == tenant
	})
	if at < 0 {
		return webhooks.Inspected{}, fmt.Errorf("%s has no endpoint %q of the tenant %q; see `millrace webhooks list %s %s`",
			args[1], args[2], tenant, args[0], args[1])
	}
	return found[0].Endpoints[at], nil
}

// ofEndpoint is a command on what is read of one endpoint.
func (g *global) ofEndpoint(
	use, short, example string, print func(io.Writer, webhooks.Inspected, first) error, limited bool,
) *cobra.Command {
	var tenant string
	var limit first
	cmd := &cobra.Command{
		Use: use + " GROUP NAME ID", Short: short, Example: example,
		Args: usage(cobra.ExactArgs(3)), ValidArgsFunction: g.completeGroups, //nolint:mnd // three
		RunE: func(cmd *cobra.Command, args []string) error {
			one, err := g.endpoint(cmd, args, tenant)
			if err != nil {
				return err
			}
			return print(cmd.OutOrStdout(), one, limit)
		},
	}
	cmd.Flags().StringVar(&tenant, "tenant", "", "the endpoint's tenant")
	if limited {
		limit.flag(cmd)
	}
	g.wantJSON(cmd)
	return cmd
}

func newWebhooksShow(g *global) *cobra.Command {
	return g.ofEndpoint("show", "Show an endpoint, and how it fares", "  millrace webhooks show shop-webhooks shop ep_1 --tenant acme",
		func(out io.Writer, i webhooks.Inspected, _ first) error {
			if g.json {
				return printJSON(out, i.Description)
			}
			return printEndpoint(out, i)
		}, false)
}

func printEndpoint(out io.Writer, i webhooks.Inspected) error {
	e := i.Endpoint
	secrets := "sealed"
	if i.Clear {
		secrets = "in the clear"
	}
	t := newTable(out, "url", e.URL)
	for _, line := range [][2]string{
		{"state", inspect.Faring(i.Description)},
		{"reason", orDash(e.Disabled)},
		{"description", orDash(e.Description)},
		{"types", inspect.Types(e)},
		{"ordered", strconv.FormatBool(e.Ordered)},
		{"rate", inspect.Rate(e.Rate)},
		{"scheme", string(e.Scheme)},
		{"public key", orDash(e.PublicKey)},
		{"headers", orDash(strings.Join(e.HeaderNames, ", "))},
		{"secrets", secrets},
		{"created", inspect.When(e.Created)},
		{"changed", inspect.When(e.Changed)},
		{"queued", strconv.Itoa(i.Queued)},
		{"attempts", strconv.FormatInt(i.Attempts, 10)},
		{"delivered", strconv.FormatInt(i.Delivered, 10)},
		{"dead", strconv.FormatInt(i.Dead, 10)},
		{"failing since", inspect.When(i.FailingSince)},
		{"held until", inspect.When(i.HeldUntil)},
		{"last success", inspect.When(i.LastSuccess)},
		{"last failure", inspect.When(i.LastFailure)},
	} {
		t.row(line[0], line[1])
	}
	return t.flush()
}

func newWebhooksAttempts(g *global) *cobra.Command {
	return g.ofEndpoint("attempts", "List the last attempts on an endpoint, the newest first",
		"  millrace webhooks attempts shop-webhooks shop ep_1 --tenant acme -n 20",
		func(out io.Writer, i webhooks.Inspected, limit first) error {
			return printFirst(out, limit, i.Log, g.json, []string{"AT", "EVENT", "TYPE", "NUMBER", "TOOK", "ANSWER", "OUTCOME", "NEXT", "EXCERPT"},
				func(a webhooks.Attempt) []string {
					return []string{
						a.At.Local().Format(time.DateTime), a.Event, a.Type, strconv.Itoa(a.Number), a.Took.Round(time.Millisecond).String(),
						inspect.Answered(a.Status, a.Failed), a.Outcome, inspect.When(a.Next), orDash(a.Excerpt),
					}
				})
		}, true)
}

func newWebhooksDead(g *global) *cobra.Command {
	return g.ofEndpoint("dead", "List deliveries to an endpoint that were given up, the newest first",
		"  millrace webhooks dead shop-webhooks shop ep_1 --tenant acme",
		func(out io.Writer, i webhooks.Inspected, limit first) error {
			return printFirst(out, limit, i.Given, g.json, []string{"DIED", "EVENT", "TYPE", "ATTEMPTS", "ANSWER", "REASON"},
				func(d webhooks.Dead) []string {
					return []string{
						d.Died.Local().Format(time.DateTime), d.Event, d.Type, strconv.Itoa(d.Attempts),
						inspect.Answered(d.Status, d.Failed), d.Reason,
					}
				})
		}, true)
}
