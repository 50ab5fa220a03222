package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/jobs"
)

// jobsFilter says which jobs are meant.
type jobsFilter struct {
	states   []string
	kinds    []string
	tenant   string
	tenanted bool
	older    time.Duration
}

func (f *jobsFilter) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.states, "state", nil, "only jobs in this state; may be repeated")
	cmd.Flags().StringArrayVar(&f.kinds, "kind", nil, "only jobs of this kind; may be repeated")
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "only jobs of this tenant")
	cmd.Flags().DurationVar(&f.older, "older", 0, "only jobs that were enqueued longer ago")
}

// read takes over what the flags say.
func (f *jobsFilter) read(cmd *cobra.Command) error {
	f.tenanted = cmd.Flags().Changed("tenant")
	for _, state := range f.states {
		if !slices.Contains(inspect.JobStates(), jobs.State(state)) {
			return &usageError{fmt.Errorf("--state %q must be one of %v", state, inspect.JobStates())}
		}
	}
	return nil
}

// meant says whether a job is.
func (f *jobsFilter) meant(d *jobs.Description) bool {
	return (len(f.states) == 0 || slices.Contains(f.states, string(d.State))) && (len(f.kinds) == 0 || slices.Contains(f.kinds, d.Kind)) &&
		(!f.tenanted || string(d.Tenant) == f.tenant) && time.Since(d.Enqueued) >= f.older
}

func newJobsList(g *global) *cobra.Command {
	var f jobsFilter
	var limit first
	var values bool
	cmd := &cobra.Command{
		Use: "list QUEUE", Short: "List a queue's jobs, by state, kind, tenant and age",
		Example: "  millrace jobs list mail --state dead --state retrying --older 24h\n  millrace jobs list mail --state dead --json | jq -r .id",
		Args:    usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeQueues,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.read(cmd); err != nil {
				return err
			}
			in, err := g.inspectJobs(cmd, args[0], func(d *jobs.Description) bool {
				if !values {
					inspect.Valueless(d)
				}
				return f.meant(d)
			})
			if err != nil {
				return err
			}
			return printJobs(cmd.OutOrStdout(), limit, in.Jobs, g.json)
		},
	}
	f.flags(cmd)
	limit.flag(cmd)
	cmd.Flags().BoolVar(&values, "values", false, "with --json, also print input and output")
	g.wantJSON(cmd)
	return cmd
}

func printJobs(out io.Writer, limit first, list []jobs.Description, asJSON bool) error {
	return printFirst(out, limit, list, asJSON, []string{"ID", "TENANT", "KIND", "STATE", "ATTEMPTS", "ENQUEUED", "DUE", "REASON"},
		func(d jobs.Description) []string {
			return []string{
				d.ID, orDash(string(d.Tenant)), orDash(d.Kind), string(d.State), strconv.Itoa(d.Attempts), inspect.When(d.Enqueued),
				inspect.When(inspect.Due(d)), orDash(d.Reason),
			}
		})
}
