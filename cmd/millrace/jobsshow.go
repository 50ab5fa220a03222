package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/jobs"
)

// jobsShow holds the flags of the command.
type jobsShow struct {
	jobsAsk

	tenant string
	values bool
	live   bool
}

func newJobsShow(g *global) *cobra.Command {
	f := &jobsShow{jobsAsk: jobsAsk{global: g}}
	cmd := &cobra.Command{
		Use: "show QUEUE ID", Short: "Show a job: its state, attempts and progress, and what comes after it",
		Long: "Show a job: its state, attempts and progress, and what comes after it. What the job works on is shown with --values alone.\n" +
			"The progress is that of the last attempt that has ended; with --live the job's node is asked, which knows that of now.",
		Example: "  millrace jobs show mail 42 --tenant acme\n  millrace jobs show mail 42 --live --values --json",
		Args:    usage(cobra.ExactArgs(2)), ValidArgsFunction: g.completeQueues, //nolint:mnd // two
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := f.find(cmd, args[0], args[1])
			if err != nil {
				return err
			}
			if !f.values {
				d.Input, d.Output = nil, nil
			}
			if g.json {
				return printJSON(cmd.OutOrStdout(), d)
			}
			return printJob(cmd.OutOrStdout(), d, f.values)
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.tenant, "tenant", "", "the job's tenant")
	cmd.Flags().BoolVar(&f.values, "values", false, "also print input and output")
	cmd.Flags().BoolVar(&f.live, "live", false, "ask the job's node")
	return cmd
}

func (f *jobsShow) find(cmd *cobra.Command, queue, id string) (jobs.Description, error) {
	found, err := f.global.named(cmd, queue, f.tenant, id)
	if err != nil || !f.live {
		return append(found, jobs.Description{})[0], err
	}
	answers, err := f.ask(cmd, queue, f.tenant, func(ctx context.Context, c *jobs.Control) jobs.Answers { return c.Describe(ctx, id) })
	if err == nil {
		err = answers.Err()
	}
	if err != nil {
		return jobs.Description{}, err
	}
	return answers[0].Job, nil
}

func printJob(out io.Writer, d jobs.Description, values bool) error {
	t := newTable(out, "kind", orDash(d.Kind))
	var next []string
	for _, link := range d.Next {
		next = append(next, link.Queue+"/"+link.ID+" ("+link.Kind+")")
	}
	lines := [][2]string{
		{"state", string(d.State)},
		{"reason", orDash(d.Reason)},
		{"tenant", orDash(string(d.Tenant))},
		{"priority", strconv.Itoa(d.Priority)},
		{"attempts", fmt.Sprintf("%d that count, %d calls", d.Attempts, d.Calls)},
		{"progress", orDash(inspect.Progress(d.Progress))},
		{"enqueued", inspect.When(d.Enqueued)},
		{"due", inspect.When(inspect.Due(d))},
		{"started", inspect.When(d.Started)},
		{"ended", inspect.When(d.Ended)},
		{"unique key", orDash(d.Unique)},
		{"batch", orDash(d.Batch)},
		{"next", orDash(strings.Join(next, ", "))},
	}
	if d.Members != (jobs.Members{}) {
		m := d.Members
		lines = append(lines, [2]string{"members", fmt.Sprintf("%d open, %d done, %d dead, %d cancelled", m.Open, m.Done, m.Dead, m.Cancelled)})
	}
	if values {
		lines = append(lines, [2]string{"input", orDash(string(d.Input))}, [2]string{"output", orDash(string(d.Output))})
	}
	for _, line := range lines {
		t.row(line[0], line[1])
	}
	return t.flush()
}
