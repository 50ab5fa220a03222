package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// jobsAsk holds the flags of a command that asks a queue for something.
type jobsAsk struct {
	global *global
	wait   time.Duration
}

func (f *jobsAsk) flags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.wait, "wait", 30*time.Second, "how long to wait for an answer") //nolint:mnd // a rebalance
	f.global.wantJSON(cmd)
}

// ask calls call with the queue and a context of the tenant, and says what it means that nobody answers.
func (f *jobsAsk) ask(
	cmd *cobra.Command, queue, tenant string, call func(context.Context, *jobs.Control) jobs.Answers,
) (jobs.Answers, error) {
	b, err := f.global.open(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer b.Close() //nolint:errcheck // what was asked has been waited for
	ctx, cancel := context.WithTimeout(request.With(cmd.Context(), request.Info{Tenant: request.Tenant(tenant)}), f.wait)
	defer cancel()
	answers := call(ctx, jobs.Outside(b, queue))
	switch err := answers.Err(); {
	case errors.Is(err, bus.ErrNoTopic):
		return answers, neverRan(err, queue)
	case ctx.Err() != nil && cmd.Context().Err() == nil && err != nil:
		return answers, fmt.Errorf("there is no answer within %s: does the queue run? See `millrace shards jobs.%s`: %w", f.wait, queue, err)
	case errors.Is(err, partitions.ErrNoMembers):
		return answers, fmt.Errorf("no node of the queue %s runs now; see `millrace shards jobs.%[1]s`", queue)
	}
	return answers, nil
}

// named are the jobs of a tenant that have these ids, which must all be there.
func (g *global) named(cmd *cobra.Command, queue, tenant string, ids ...string) ([]jobs.Description, error) {
	in, err := g.inspectJobs(cmd, queue, func(d *jobs.Description) bool { return string(d.Tenant) == tenant && slices.Contains(ids, d.ID) })
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(in.Jobs, func(d jobs.Description) bool { return d.ID == id }) {
			return nil, fmt.Errorf("the queue %s has no job %q of the tenant %q, or keeps it no longer", queue, id, tenant)
		}
	}
	return in.Jobs, nil
}

// edit is another input for a job of any kind.
func edit(id string, input json.RawMessage) jobs.Edit {
	untyped := jobs.Define("untyped", func(context.Context, *jobs.Attempt, json.RawMessage) (jobs.None, error) { return jobs.None{}, nil })
	return untyped.Edit(id, input)
}

func newJobsEdit(g *global) *cobra.Command {
	f := &jobsAsk{global: g}
	var tenant string
	cmd := &cobra.Command{
		Use: "edit QUEUE ID JSON|-", Short: "Give a job that waits or is dead another input",
		Long: "Give a job that waits or is dead another input, from the command line or, for -, from standard input. A job that is dead stays so\n" +
			"until it is redriven: redrive --input does both.",
		Example: "  millrace jobs edit mail 42 '{\"to\":\"anna@example.com\"}'\n  millrace jobs edit mail 42 - < input.json",
		Args:    usage(cobra.ExactArgs(3)), ValidArgsFunction: g.completeQueues, //nolint:mnd // three
		RunE: func(cmd *cobra.Command, args []string) error {
			input, err := jsonArgument(cmd.InOrStdin(), args[2:], "")
			if err != nil {
				return err
			}
			if _, err := g.named(cmd, args[0], tenant, args[1]); err != nil {
				return err
			}
			answers, err := f.ask(cmd, args[0], tenant, func(ctx context.Context, c *jobs.Control) jobs.Answers {
				return c.Edit(ctx, edit(args[1], input))
			})
			if err == nil {
				err = answers.Err()
			}
			if err != nil {
				return err
			}
			return printAnswer(cmd.OutOrStdout(), answers[0], string(answers[0].Job.State), g.json)
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&tenant, "tenant", "", "the job's tenant")
	return cmd
}

func newJobsSwitch(g *global, paused bool) *cobra.Command {
	f := &jobsAsk{global: g}
	use, short, is := "resume", "Let a queue go on that was paused", "goes on"
	if paused {
		use, short, is = "pause", "Let no job of a queue begin, on any node, until it is resumed; what runs goes on", "is paused"
	}
	cmd := &cobra.Command{
		Use: use + " QUEUE", Short: short, Example: "  millrace jobs " + use + " mail",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeQueues,
		RunE: func(cmd *cobra.Command, args []string) error {
			answers, err := f.ask(cmd, args[0], "", func(ctx context.Context, c *jobs.Control) jobs.Answers {
				if paused {
					return jobs.Answers{{ID: args[0], Err: c.Pause(ctx)}}
				}
				return jobs.Answers{{ID: args[0], Err: c.Resume(ctx)}}
			})
			if err == nil {
				err = answers.Err()
			}
			if err != nil {
				return err
			}
			if g.json {
				return printJSON(cmd.OutOrStdout(), map[string]any{"queue": args[0], "paused": paused})
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", args[0], is)
			return err //nolint:wrapcheck // the terminal's own
		},
	}
	f.flags(cmd)
	return cmd
}
