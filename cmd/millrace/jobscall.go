package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/jobs"
)

// jobsVerb is what is done with jobs.
type jobsVerb struct {
	use, short string
	// is what a job is then, where its state does not say so.
	is string
	// means are the states of those that --all means.
	means []jobs.State
	call  func(*jobs.Control, context.Context, ...string) jobs.Answers
}

func redriveJobs() jobsVerb {
	return jobsVerb{
		use: "redrive", short: "Let jobs begin again that are dead or cancelled: those named, or all dead ones that are meant",
		means: []jobs.State{jobs.Dead}, call: (*jobs.Control).Redrive,
	}
}

func cancelJobs() jobsVerb {
	return jobsVerb{
		use: "cancel", short: "Cancel jobs: those named, or all that are meant and have not ended",
		means: []jobs.State{jobs.Pending, jobs.Scheduled, jobs.Waiting, jobs.Running, jobs.Retrying}, call: (*jobs.Control).Cancel,
	}
}

func discardJobs() jobsVerb {
	return jobsVerb{
		use: "discard", short: "Forget jobs that have ended: those named, or all dead and cancelled ones that are meant", is: "discarded",
		means: []jobs.State{jobs.Dead, jobs.Cancelled}, call: (*jobs.Control).Discard,
	}
}

// jobsCall holds the flags of a command that does something with jobs.
type jobsCall struct {
	jobsAsk
	jobsFilter

	verb   jobsVerb
	all    bool
	dryRun bool
	input  string
}

func newJobsCall(g *global, verb jobsVerb) *cobra.Command {
	f := &jobsCall{jobsAsk: jobsAsk{global: g}, verb: verb}
	cmd := &cobra.Command{
		Use: verb.use + " QUEUE [ID…]", Short: verb.short,
		Example: "  millrace jobs " + verb.use + " mail 42 43 --tenant acme\n" +
			"  millrace jobs " + verb.use + " mail --all --kind mail.send --older 1h --dry-run",
		Args: usage(cobra.MinimumNArgs(1)), ValidArgsFunction: g.completeQueues,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, args[1:]); err != nil {
				return err
			}
			found, err := f.found(cmd, args[0], args[1:])
			if err != nil {
				return err
			}
			return f.run(cmd, args[0], found)
		},
	}
	f.jobsAsk.flags(cmd)
	f.jobsFilter.flags(cmd)
	cmd.Flags().Lookup("tenant").Usage = "the tenant of the jobs"
	cmd.Flags().BoolVar(&f.all, "all", false, fmt.Sprintf("all that --kind, --tenant, --state (%v) and --older mean", verb.means))
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "only say how many it would be")
	if verb.use == redriveJobs().use {
		cmd.Flags().StringVar(&f.input, "input", "", "another input for the one job, as JSON, or - for standard input")
	}
	return cmd
}

func (f *jobsCall) check(cmd *cobra.Command, ids []string) error {
	switch filtered := len(f.states) > 0 || len(f.kinds) > 0 || f.older > 0; {
	case f.all == (len(ids) > 0):
		return &usageError{errors.New("name the jobs, or say --all with --kind, --tenant, --state or --older, but not both")}
	case len(ids) > 0 && filtered:
		return &usageError{errors.New("--state, --kind and --older go with --all")}
	case f.input != "" && len(ids) != 1:
		return &usageError{errors.New("--input goes with the id of one job")}
	}
	return f.read(cmd)
}

// found are the jobs that are meant, sorted by tenant.
func (f *jobsCall) found(cmd *cobra.Command, queue string, ids []string) ([]jobs.Description, error) {
	if !f.all {
		return f.global.named(cmd, queue, f.tenant, ids...)
	}
	if len(f.states) == 0 {
		for _, state := range f.verb.means {
			f.states = append(f.states, string(state))
		}
	}
	in, err := f.global.inspectJobs(cmd, queue, func(d *jobs.Description) bool {
		inspect.Valueless(d)
		return f.meant(d)
	})
	return in.Jobs, err
}

// askedAtOnce is how many jobs are asked for before the bar moves.
const askedAtOnce = 200

// run does what is to be done with the jobs, and prints what has become of each.
func (f *jobsCall) run(cmd *cobra.Command, queue string, found []jobs.Description) error {
	out := cmd.OutOrStdout()
	if f.dryRun {
		return f.print(out, callLine{Queue: queue, Jobs: len(found), DryRun: true})
	}
	if err := f.edit(cmd, queue, found); err != nil {
		return err
	}
	bar := newProgress(cmd.ErrOrStderr(), f.verb.use, len(found))
	line := callLine{Queue: queue, Jobs: len(found)}
	var first error
	for rest := found; len(rest) > 0; {
		n := 1
		for n < min(len(rest), askedAtOnce) && rest[n].Tenant == rest[0].Tenant {
			n++
		}
		answers, err := f.ask(cmd, queue, string(rest[0].Tenant), func(ctx context.Context, c *jobs.Control) jobs.Answers {
			return f.verb.call(c, ctx, idsOf(rest[:n])...)
		})
		for _, a := range answers {
			if a.Err == nil && f.verb.use == cancelJobs().use && a.Job.State != jobs.Cancelled {
				a.Err = fmt.Errorf("it has ended before: it is %s", a.Job.State)
			}
			switch {
			case a.Err == nil:
				line.Did++
				if !f.all {
					err = errors.Join(err, printAnswer(out, a, cmp.Or(f.verb.is, string(a.Job.State)), f.global.json))
				}
			case first == nil:
				first = fmt.Errorf("job %s: %w", a.ID, a.Err)
			}
		}
		if err != nil {
			bar.end()
			return errors.Join(fmt.Errorf("%d of %d jobs were dealt with before", line.Did, line.Jobs), err)
		}
		rest = rest[n:]
		bar.set(len(found) - len(rest))
	}
	bar.end()
	var err error
	if f.all {
		err = f.print(out, line)
	}
	if first != nil && line.Jobs > 1 {
		first = fmt.Errorf("%d of %d jobs are as they were; the first: %w", line.Jobs-line.Did, line.Jobs, first)
	}
	return errors.Join(err, first)
}

// edit gives the job another input where there is one.
func (f *jobsCall) edit(cmd *cobra.Command, queue string, found []jobs.Description) error {
	if f.input == "" {
		return nil
	}
	input, err := jsonArgument(cmd.InOrStdin(), []string{f.input}, "")
	if err != nil {
		return err
	}
	answers, err := f.ask(cmd, queue, f.tenant, func(ctx context.Context, c *jobs.Control) jobs.Answers {
		return c.Edit(ctx, edit(found[0].ID, input))
	})
	if err != nil {
		return err
	}
	return answers.Err()
}

func idsOf(found []jobs.Description) []string {
	ids := make([]string, len(found))
	for i, d := range found {
		ids[i] = d.ID
	}
	return slices.Clip(ids)
}
