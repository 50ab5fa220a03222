package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
)

const (
	defaultHTTP  = "127.0.0.1:8080"
	defaultKafka = "127.0.0.1:9092"
)

// global holds the flags that every command has.
type global struct {
	kafka, database, redis, s3 string
	logFormat, logLevel        string
	json                       bool
}

func newRoot() *cobra.Command {
	g := &global{}
	root := &cobra.Command{
		Use:   "millrace",
		Short: "Event streaming on Kafka: run it, look into it",
		Long: "Event streaming on Kafka: run it, look into it.\n\nStart with: millrace dev\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong use, 3 doctor found something to change, 130 forced to end.",
		SilenceUsage: true, SilenceErrors: true, SuggestionsMinimumDistance: 2,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	flags := root.PersistentFlags()
	flags.StringVar(&g.kafka, "kafka", os.Getenv("KAFKA_URL"),
		"Kafka, kafka://host:9092 or host:9092 (KAFKA_URL; else "+defaultKafka+"); with dev, the address of its broker")
	flags.StringVar(&g.database, "database", os.Getenv("DATABASE_URL"), "PostgreSQL, postgres://user@host/name (DATABASE_URL)")
	flags.StringVar(&g.redis, "redis", os.Getenv("REDIS_URL"), "Redis, redis://host:6379 (REDIS_URL)")
	flags.StringVar(&g.s3, "s3", os.Getenv("S3_URL"), "S3 bucket of large payloads, s3://key:secret@host/bucket (S3_URL)")
	flags.StringVar(&g.logFormat, "log-format", "text", "text or json")
	flags.StringVar(&g.logLevel, "log-level", "", "debug, info, warn or error (info; warn with dev and the inspection commands)")
	for _, name := range []string{"kafka", "database", "redis", "s3"} {
		flags.Lookup(name).DefValue = "" // an address may hold a password: help does not print it
	}
	root.AddCommand(newDev(g), newServe(g), newRelay(g), newTopics(g), newTail(g), newPublish(g), newDeadLetters(g), newClaimcheck(g),
		newShards(g), newMachines(g), newSagas(g), newJobs(g), newWebhooks(g), newOutbox(g), newPush(g), newConnections(g), newConsole(),
		newDoctor(g), newGenerate(), newVersion())
	return root
}

// noArgs and the like are cobra's checks as wrong use.
func noArgs(cmd *cobra.Command, args []string) error { return usage(cobra.NoArgs)(cmd, args) }

func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		switch {
		case err == nil:
			return nil
		case cmd.HasParent():
			err = fmt.Errorf("wrong arguments; use: %s", cmd.UseLine())
		default:
			if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
				err = fmt.Errorf("%w; did you mean %s", err, strings.Join(similar, " or "))
			}
		}
		return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	}
}

func (g *global) wantJSON(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&g.json, "json", false, "print JSON, one object a line")
}

func (g *global) logger(level slog.Level) (*slog.Logger, error) {
	if g.logLevel != "" {
		if err := level.UnmarshalText([]byte(g.logLevel)); err != nil {
			return nil, &usageError{fmt.Errorf("--log-level %q must be debug, info, warn or error", g.logLevel)}
		}
	}
	opts := &slog.HandlerOptions{Level: level}
	switch g.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, opts)), nil
	}
	return nil, &usageError{fmt.Errorf("--log-format %q must be text or json", g.logFormat)}
}

// kafkaURL is where the inspection commands look.
func (g *global) kafkaURL() string {
	at := cmp.Or(g.kafka, defaultKafka)
	if !strings.Contains(at, "://") {
		at = "kafka://" + at
	}
	return at
}

// open connects an inspection command.
func (g *global) open(ctx context.Context) (*bus.Bus, error) {
	log, err := g.logger(slog.LevelWarn)
	if err != nil {
		return nil, err
	}
	b, err := bus.Open(ctx, g.kafkaURL(), bus.Logger(log), bus.ClientID("millrace-cli"))
	if err != nil && g.kafka == "" {
		return nil, fmt.Errorf("%w; start `millrace dev`, or name a cluster with --kafka or KAFKA_URL", err)
	}
	return b, err
}
