package main

import (
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/jobs/webhooks"
)

func newWebhooks(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use: "webhooks GROUP", Short: "List a group's webhooks, and how their endpoints fare",
		Long: "List a group's webhooks, and how their endpoints fare. What is shown is read from the group's changelog, as it is\n" +
			"committed: no node need run. What changes or tests an endpoint is asked of the group, whose nodes must run.",
		Example: "  millrace webhooks shop-webhooks\n  millrace webhooks list shop-webhooks shop --tenant acme --failing\n" +
			"  millrace webhooks attempts shop-webhooks shop ep_1 --tenant acme\n" +
			"  millrace webhooks replay shop-webhooks shop ep_1 --tenant acme --since 24h --dead",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := g.inspectWebhooks(cmd, args[0])
			if err != nil {
				return err
			}
			return printHooks(cmd.OutOrStdout(), found, g.json)
		},
	}
	g.wantJSON(cmd)
	cmd.AddCommand(newWebhooksList(g), newWebhooksShow(g), newWebhooksAttempts(g), newWebhooksDead(g), newWebhooksReplay(g), newWebhooksTest(g),
		newWebhooksRotate(g), newWebhooksSwitch(g, true), newWebhooksSwitch(g, false))
	return cmd
}

// inspectWebhooks reads a group's hooks, or those that are named, which must be there.
func (g *global) inspectWebhooks(cmd *cobra.Command, group string, names ...string) ([]webhooks.Inspection, error) {
	b, err := g.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer b.Close() //nolint:errcheck // only read from
	return inspected(cmd, b, webhooks.Inspect, group, names...)
}

// hooksLine is a group's hooks as programs read them.
type hooksLine struct {
	Name      string `json:"name"`
	Endpoints int    `json:"endpoints"`
	Disabled  int    `json:"disabled"`
	Failing   int    `json:"failing"`
	Queued    int    `json:"queued"`
	Dead      int    `json:"dead"` // that are kept
	Sealed    bool   `json:"sealed"`
}

func printHooks(out io.Writer, found []webhooks.Inspection, asJSON bool) error {
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "WEBHOOKS", "ENDPOINTS", "DISABLED", "FAILING", "QUEUED", "DEAD", "SECRETS")
	}
	for _, one := range found {
		line := hooksLine{Name: one.Name, Endpoints: len(one.Endpoints), Sealed: true}
		for _, e := range one.Endpoints {
			line.Queued += e.Queued
			line.Dead += len(e.Given)
			line.Sealed = line.Sealed && !e.Clear
			if !e.Endpoint.Enabled {
				line.Disabled++
			} else if e.Failures > 0 {
				line.Failing++
			}
		}
		if asJSON {
			if err := printJSON(out, line); err != nil {
				return err
			}
			continue
		}
		secrets := "in the clear"
		if line.Sealed {
			secrets = "sealed"
		}
		t.row(line.Name, strconv.Itoa(line.Endpoints), strconv.Itoa(line.Disabled), strconv.Itoa(line.Failing), strconv.Itoa(line.Queued),
			strconv.Itoa(line.Dead), secrets)
	}
	return t.flush()
}

// webhooksList holds the flags of the command.
type webhooksList struct {
	tenant   string
	tenanted bool
	failing  bool
	disabled bool
	limit    first
}

func newWebhooksList(g *global) *cobra.Command {
	f := &webhooksList{}
	cmd := &cobra.Command{
		Use: "list GROUP NAME", Short: "List endpoints, by tenant and how they fare",
		Example: "  millrace webhooks list shop-webhooks shop --failing\n  millrace webhooks list shop-webhooks shop --json | jq -r .endpoint.id",
		Args:    usage(cobra.ExactArgs(2)), ValidArgsFunction: g.completeGroups, //nolint:mnd // two
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := g.inspectWebhooks(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			f.tenanted = cmd.Flags().Changed("tenant")
			return f.print(cmd.OutOrStdout(), slices.DeleteFunc(found[0].Endpoints, f.passes), g.json)
		},
	}
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "only endpoints of this tenant")
	cmd.Flags().BoolVar(&f.failing, "failing", false, "only endpoints whose last attempt has failed")
	cmd.Flags().BoolVar(&f.disabled, "disabled", false, "only endpoints that are disabled")
	f.limit.flag(cmd)
	g.wantJSON(cmd)
	return cmd
}

// passes says which endpoints are not meant.
func (f *webhooksList) passes(i webhooks.Inspected) bool {
	return f.tenanted && string(i.Endpoint.Tenant) != f.tenant || f.failing && i.Failures == 0 || f.disabled && i.Endpoint.Enabled
}

func (f *webhooksList) print(out io.Writer, found []webhooks.Inspected, asJSON bool) error {
	list := make([]webhooks.Description, len(found))
	for i := range found {
		list[i] = found[i].Description
	}
	return printFirst(out, f.limit, list, asJSON, []string{"ID", "TENANT", "URL", "TYPES", "STATE", "QUEUED", "DELIVERED", "DEAD", "LAST SUCCESS"},
		func(d webhooks.Description) []string {
			return []string{
				d.Endpoint.ID, orDash(string(d.Endpoint.Tenant)), d.Endpoint.URL, inspect.Types(d.Endpoint), inspect.Faring(d),
				strconv.Itoa(d.Queued), strconv.FormatInt(d.Delivered, 10), strconv.FormatInt(d.Dead, 10), inspect.When(d.LastSuccess),
			}
		})
}
