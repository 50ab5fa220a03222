package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/cmd/millrace/inspect"
	"github.com/millrace/millrace/jobs"
)

func newJobs(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use: "jobs QUEUE", Short: "List a queue's kinds of jobs, and how many of each are where",
		Long: "List a queue's kinds of jobs, and how many of each are where. What is shown is read from the queue's changelog, as it is\n" +
			"committed: no node need run. What changes jobs or the queue is asked of its nodes, which must run. Jobs that are done are\n" +
			"there as long as their kind retains them, and dead and cancelled ones for 30 days unless the queue says otherwise.",
		Example: "  millrace jobs mail\n  millrace jobs list mail --state dead --kind mail.send --older 1h\n  millrace jobs show mail 42 --values\n" +
			"  millrace jobs redrive mail 42 --input '{\"to\":\"anna@example.com\"}'\n  millrace jobs redrive mail --all --kind mail.send\n" +
			"  millrace jobs pause mail",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeQueues,
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := g.inspectJobs(cmd, args[0], nil)
			if err != nil {
				return err
			}
			return printQueue(cmd.OutOrStdout(), in, g.json)
		},
	}
	g.wantJSON(cmd)
	cmd.AddCommand(newJobsList(g), newJobsShow(g), newJobsCall(g, redriveJobs()), newJobsCall(g, cancelJobs()), newJobsCall(g, discardJobs()),
		newJobsEdit(g), newJobsSwitch(g, true), newJobsSwitch(g, false), newJobsCron(g), newJobsLimits(g))
	return cmd
}

// inspectJobs reads the jobs of a queue, which must have run.
func (g *global) inspectJobs(cmd *cobra.Command, queue string, keep func(*jobs.Description) bool) (jobs.Inspection, error) {
	b, err := g.open(cmd.Context())
	if err != nil {
		return jobs.Inspection{}, err
	}
	defer b.Close() //nolint:errcheck // only read from
	in, err := jobs.Inspect(cmd.Context(), b, queue, keep)
	return in, neverRan(err, queue)
}

// neverRan says of a queue that has no topics what that means.
func neverRan(err error, queue string) error {
	if errors.Is(err, bus.ErrNoTopic) {
		return fmt.Errorf("no queue %q has run: there is no topic jobs.%s.changelog", queue, queue)
	}
	return err
}

// completeQueues gives the shell the queues that there are.
func (g *global) completeQueues(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	groups, directive := g.completeGroups(cmd, args, begun)
	var queues []string
	for _, group := range groups {
		if queue, is := strings.CutPrefix(group, inspect.QueuePrefix); is {
			queues = append(queues, queue)
		}
	}
	return queues, directive
}

// queueLine is a queue as programs read it.
type queueLine struct {
	Queue  string             `json:"queue"`
	Paused bool               `json:"paused"`
	States map[jobs.State]int `json:"states"`
	Kinds  []kindLine         `json:"kinds"`
}

type kindLine struct {
	Kind   string             `json:"kind"`
	Jobs   int                `json:"jobs"`
	States map[jobs.State]int `json:"states"`
}

func printQueue(out io.Writer, in jobs.Inspection, asJSON bool) error {
	line := queueLine{Queue: in.Queue, Paused: in.Paused, States: in.Counts, Kinds: []kindLine{}}
	for _, name := range slices.Sorted(maps.Keys(in.Kinds)) {
		kind := kindLine{Kind: name, States: in.Kinds[name]}
		for _, n := range kind.States {
			kind.Jobs += n
		}
		line.Kinds = append(line.Kinds, kind)
	}
	if asJSON {
		return printJSON(out, line)
	}
	t := newTable(out, "KIND", "JOBS", "STATES")
	for _, kind := range line.Kinds {
		t.row(orDash(kind.Kind), strconv.Itoa(kind.Jobs), states(kind.States))
	}
	if err := t.flush(); err != nil || !in.Paused {
		return err
	}
	_, err := fmt.Fprintf(out, "the queue is paused; see `millrace jobs resume %s`\n", in.Queue)
	return err //nolint:wrapcheck // the terminal's own
}

// states are how many jobs there are in each, in the order of a job's life.
func states(counts map[jobs.State]int) string {
	var all []string
	for _, state := range inspect.JobStates() {
		if n := counts[state]; n > 0 {
			all = append(all, string(state)+" "+strconv.Itoa(n))
		}
	}
	return orDash(strings.Join(all, ", "))
}

func newJobsCron(g *global) *cobra.Command {
	return g.ofQueue("cron", "List a queue's schedules, with their last and next ticks", func(out io.Writer, in jobs.Inspection, limit first) error {
		return printFirst(out, limit, in.Schedules, g.json, []string{"SCHEDULE", "EXPRESSION", "ZONE", "KIND", "LAST", "NEXT"},
			func(s jobs.Schedule) []string {
				return []string{s.Name, s.Expression, s.Zone, s.Kind, inspect.When(s.Last), inspect.When(s.Next)}
			})
	})
}

func newJobsLimits(g *global) *cobra.Command {
	short := "List what a queue's limits have let begin, and what waits for them"
	return g.ofQueue("limits", short, func(out io.Writer, in jobs.Inspection, limit first) error {
		return printFirst(out, limit, in.Permits, g.json, []string{"TENANT", "KIND", "HELD", "WANTED"}, func(p jobs.Permits) []string {
			return []string{orDash(string(p.Tenant)), cmp.Or(p.Kind, "-"), strconv.Itoa(p.Held), strconv.Itoa(p.Wanted)}
		})
	})
}

// ofQueue is a command that lists what a queue has beside its jobs.
func (g *global) ofQueue(use, short string, print func(io.Writer, jobs.Inspection, first) error) *cobra.Command {
	var limit first
	cmd := &cobra.Command{
		Use: use + " QUEUE", Short: short, Example: "  millrace jobs " + use + " mail",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeQueues,
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := g.inspectJobs(cmd, args[0], nil)
			if err != nil {
				return err
			}
			return print(cmd.OutOrStdout(), in, limit)
		},
	}
	limit.flag(cmd)
	g.wantJSON(cmd)
	return cmd
}
