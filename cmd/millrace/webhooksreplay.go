package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/request"
)

// webhooksReplay holds the flags of the command.
type webhooksReplay struct {
	tenant       string
	since, until string
	dead         bool
	events       []string
	id           string
}

func newWebhooksReplay(g *global) *cobra.Command {
	f := &webhooksReplay{}
	cmd := &cobra.Command{
		Use: "replay GROUP NAME ID", Short: "Tell an endpoint again of what happened, or of what was given up",
		Long: "Tell an endpoint again of what happened since a time, or of what was given up, under the ids that it had. Times are\n" +
			"RFC 3339, or how long ago, like 24h. What waits for the endpoint already stays as it is.\n" +
			"A replay that was interrupted goes on under its --id.",
		Example: "  millrace webhooks replay shop-webhooks shop ep_1 --tenant acme --since 24h --dead\n" +
			"  millrace webhooks replay shop-webhooks shop ep_1 --since 2026-11-25T12:00:00Z --until 2026-11-25T14:00:00Z",
		Args: usage(cobra.ExactArgs(3)), ValidArgsFunction: g.completeGroups, //nolint:mnd // three
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(g, cmd, args) },
	}
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the endpoint's tenant")
	cmd.Flags().StringVar(&f.since, "since", "", "since when; it must be given")
	cmd.Flags().StringVar(&f.until, "until", "", "until when (now)")
	cmd.Flags().BoolVar(&f.dead, "dead", false, "only what was given up")
	cmd.Flags().StringArrayVar(&f.events, "event", nil, "only this event, by its id; may be repeated")
	cmd.Flags().StringVar(&f.id, "id", "", "the replay's id (a random one)")
	g.wantJSON(cmd)
	return cmd
}

func (f *webhooksReplay) run(g *global, cmd *cobra.Command, args []string) error {
	now := time.Now()
	since, err := moment(f.since, now)
	if err != nil || since.IsZero() {
		return &usageError{fmt.Errorf("--since %q must be a time like 2026-11-25T12:00:00Z, or how long ago, like 24h", f.since)}
	}
	until, err := moment(f.until, now)
	if err != nil {
		return &usageError{fmt.Errorf("--until %q must be a time like 2026-11-25T12:00:00Z, or how long ago, like 1h", f.until)}
	}
	if _, err := g.endpoint(cmd, args, f.tenant); err != nil {
		return err
	}
	b, err := g.open(cmd.Context())
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // Publish has waited for everything
	ctx := request.With(cmd.Context(), request.Info{Tenant: request.Tenant(f.tenant)})
	sent, err := webhooks.Define(args[1]).Replay(ctx, b, webhooks.Replay{
		ID: f.id, Endpoint: args[2], Since: since, Until: until, Dead: f.dead, Events: f.events,
	})
	if err != nil {
		return fmt.Errorf("%d events were sent before: %w", sent, err)
	}
	if g.json {
		return printJSON(cmd.OutOrStdout(), map[string]int{"sent": sent})
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d events of the time were sent to the endpoint's queue, which takes those that it wants\n", sent)
	return err //nolint:wrapcheck // the terminal's own
}

// moment reads a time, or how long ago it was. No text is no time.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	return time.Parse(time.RFC3339, text) //nolint:wrapcheck // worded by who asks
}
