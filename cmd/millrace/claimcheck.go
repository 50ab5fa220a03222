package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/s3"
)

func newClaimcheck(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use: "claimcheck", Short: "Look after large payloads that are kept in a bucket",
		Long: "Look after large payloads that are kept in a bucket, and to which records only refer: see package bus/claimcheck.",
		Args: noArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCollect(g))
	return cmd
}

// collectLine is the outcome as programs read it.
type collectLine struct {
	claimcheck.Collection

	DryRun bool `json:"dry_run,omitempty"`
}

func newCollect(g *global) *cobra.Command {
	var dryRun bool
	var grace time.Duration
	var also, groups []string
	var memory, reads, deletes int
	var names outboxNames
	cmd := &cobra.Command{
		Use: "gc TOPIC…", Short: "Delete payloads of the topics that no record refers to any more",
		Long: "Delete payloads of the topics that no record refers to any more, and that are older than --grace, which must exceed the time\n" +
			"for which an event waits between being encoded and being in its topic.\n\n" +
			"With --database or DATABASE_URL the outbox of that database is asked since when rows wait in it, and what is younger than that\n" +
			"and the grace stays. Where it does not tell, nothing is deleted. Without a database, nobody asks: --grace must then exceed the\n" +
			"time for which a relay may be away, and rows that wait for longer lose their payloads. The same goes for the outboxes of other\n" +
			"databases that publish to these topics: while one of their relays stands, do not collect. A Debezium connector in a relay's place\n" +
			"needs a heartbeat (heartbeat.interval.ms with heartbeat.action.query): on an idle table its slot tells nothing without.\n\n" +
			"All that the topics keep is read, and all topics of retries, dead letters and tables. Where one cannot be read, nothing is\n" +
			"deleted. Name with --also what else holds references, such as mirrors, and with --group the groups whose topics must be seen.",
		Example: "  millrace claimcheck gc outbox.event.document --dry-run\n" +
			"  millrace claimcheck gc outbox.event.document --s3 's3://key:secret@s3.internal:9000/claims?path=true' --grace 336h",
		Args: usage(cobra.MinimumNArgs(1)), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts := []claimcheck.CollectorOption{
				claimcheck.Grace(grace), claimcheck.Memory(memory << 20), claimcheck.Pace(reads, deletes), //nolint:mnd // MiB
				claimcheck.Also(topicsOf(also)...), claimcheck.Groups(groups...),
			}
			if dryRun {
				opts = append(opts, claimcheck.DryRun())
			}
			return g.collect(cmd, topicsOf(args), names, dryRun, opts)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&dryRun, "dry-run", false, "only say what it would be")
	flags.DurationVar(&grace, "grace", 7*24*time.Hour, "how old a payload must be") //nolint:mnd // see claimcheck.Grace
	flags.StringSliceVar(&also, "also", nil, "other `topics` that hold references")
	flags.StringSliceVar(&groups, "group", nil, "`groups` whose retry and dead letter topics must be there")
	flags.IntVar(&memory, "memory", 32, "`MiB` for the set of references")                 //nolint:mnd // good for 25 million
	flags.IntVar(&reads, "records-per-second", 0, "how fast to read; 0 is no bound")       //
	flags.IntVar(&deletes, "objects-per-second", 500, "how fast to delete; 0 is no bound") //nolint:mnd // see claimcheck.Pace
	names.flags(flags)
	g.wantJSON(cmd)
	return cmd
}

func topicsOf(names []string) []bus.Topic {
	topics := make([]bus.Topic, len(names))
	for i, name := range names {
		topics[i] = bus.Topic(name)
	}
	return topics
}

// openS3 is the bucket that --s3 or S3_URL names.
func (g *global) openS3() (*s3.Store, error) {
	if g.s3 == "" {
		return nil, &usageError{errors.New("name the bucket with --s3 or S3_URL: s3://key:secret@host:port/bucket?region=us-east-1")}
	}
	return s3.New(g.s3)
}

func (g *global) collect(cmd *cobra.Command, topics []bus.Topic, names outboxNames, dryRun bool, opts []claimcheck.CollectorOption) error {
	store, err := g.openS3()
	if err != nil {
		return err
	}
	defer store.Close()
	b, err := g.open(cmd.Context())
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // only read from
	opts = append(opts, waits{names, g.database, b, catchUpLimit}.options()...)
	if terminal(os.Stderr) {
		opts = append(opts, claimcheck.Progress(func(c claimcheck.Collection) {
			_, _ = fmt.Fprintf(os.Stderr, "\rread %d records, looked at %d payloads, %d to delete", c.Records, c.Objects, c.Deleted)
		}))
	}
	done, err := runCollector(cmd.Context(), b, store, topics, opts)
	if terminal(os.Stderr) {
		_, _ = fmt.Fprintln(os.Stderr)
	}
	if err != nil {
		return err
	}
	if g.json {
		return printJSON(cmd.OutOrStdout(), collectLine{Collection: done, DryRun: dryRun})
	}
	verb := "deleted"
	if dryRun {
		verb = "would delete"
	}
	const sentence = "%s %d of %d payloads (%d of %d bytes); %d are within the grace, %d may be referred to by %d records in %d topics\n"
	_, err = fmt.Fprintf(cmd.OutOrStdout(), sentence,
		verb, done.Deleted, done.Objects, done.DeletedBytes, done.Bytes, done.Young, done.Kept, done.Records, done.Topics)
	return err //nolint:wrapcheck // the output is gone
}

func runCollector(
	ctx context.Context, b *bus.Bus, store *s3.Store, topics []bus.Topic, opts []claimcheck.CollectorOption,
) (claimcheck.Collection, error) {
	collector, err := claimcheck.NewCollector(b, store, topics, opts...)
	if err != nil {
		return claimcheck.Collection{}, &usageError{err}
	}
	return collector.Collect(ctx)
}
