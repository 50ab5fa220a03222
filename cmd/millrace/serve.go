package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func newServe(g *global) *cobra.Command {
	var httpAddress string
	var who access
	var drain time.Duration
	var unused collecting
	cmd := &cobra.Command{
		Use: "serve", Short: "Run the example shop on servers that are there, as a production pod does",
		Long: "Run the example shop on servers that are there, as a production pod does.\n\n" +
			"KAFKA_URL and DATABASE_URL say where they are, REDIS_URL and S3_URL are optional. Nothing is embedded. As many pods as\n" +
			"wanted run side by side. SIGTERM lets /readyz fall, waits --drain-delay, finishes requests and events, and ends.\n\n" +
			"With --console-tokens the console is at /console/, for those who have a token of the file: see `millrace console token`.\n" +
			"With --console-issuer and --console-audience it is there for those to whom an identity provider gives a token with a role,\n" +
			"which the page asks for, or a proxy before it sends as Authorization: Bearer.\n" +
			"With --collect one of the pods deletes the payloads of these topics that no record refers to, and that no row of this database's\n" +
			"outbox can refer to; while that does not tell, nothing is deleted: see package bus/claimcheck.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			outliveOutput()
			at := servers{kafka: g.kafka, database: g.database, redis: g.redis, s3: g.s3, collecting: unused}
			if err := at.check(); err != nil {
				return err
			}
			at.kafka = g.kafkaURL()
			log, err := g.logger(slog.LevelInfo)
			if err != nil {
				return err
			}
			listener, err := listenHTTP(cmd.Context(), httpAddress)
			if err != nil {
				return err
			}
			defer listener.Close() //nolint:errcheck // closed already when it was served
			p, err := newPod(cmd.Context(), at, listener.Addr(), log, nil)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, p.close(cmd.Context())) }()
			p.drain = drain
			if err := p.lookedAt(cmd, at, who); err != nil {
				return err
			}
			return p.serve(cmd.Context(), listener, func() { log.Info("ready", "http", listener.Addr().String()) })
		},
	}
	cmd.Flags().StringVar(&httpAddress, "http", cmp.Or(os.Getenv("HTTP_ADDRESS"), ":8080"), "listen address (HTTP_ADDRESS)")
	cmd.Flags().DurationVar(&drain, "drain-delay", 5*time.Second, "how long to serve on after readiness has fallen")
	who.add(cmd.Flags())
	cmd.Flags().StringSliceVar(&unused.topics, "collect", listed(os.Getenv("MILLRACE_COLLECT")),
		"`topics` whose payloads one pod deletes from the bucket daily, once no record refers to them (MILLRACE_COLLECT)")
	cmd.Flags().StringSliceVar(&unused.also, "collect-also", listed(os.Getenv("MILLRACE_COLLECT_ALSO")),
		"other `topics` that hold references to these payloads, such as mirrors (MILLRACE_COLLECT_ALSO)")
	cmd.Flags().StringSliceVar(&unused.groups, "collect-group", listed(os.Getenv("MILLRACE_COLLECT_GROUPS")),
		"`groups` whose retry and dead letter topics must be seen, or nothing is deleted: name all that the rights on Kafka "+
			"may hide (MILLRACE_COLLECT_GROUPS)")
	cmd.Flags().DurationVar(&unused.grace, "collect-grace", 7*24*time.Hour, //nolint:mnd // a week, as of millrace claimcheck gc
		"how old a payload must be, and older than what waits in the outbox; longer than a transaction may be open")
	return cmd
}

// listed are the names of a variable, between commas.
func listed(names string) []string {
	return strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' })
}

func (s servers) check() error {
	var missing []string
	if s.kafka == "" {
		missing = append(missing, "KAFKA_URL (such as kafka://host:9092)")
	}
	if s.database == "" {
		missing = append(missing, "DATABASE_URL (such as postgres://user:password@host:5432/name)")
	}
	if len(missing) > 0 {
		return &usageError{fmt.Errorf("set %s; or run `millrace dev`, which brings its own servers", strings.Join(missing, " and "))}
	}
	return s.collecting.check(s.s3)
}

// kafkaSeed is the first host:port of a Kafka URL, without credentials.
func kafkaSeed(url string) string {
	_, rest, found := strings.Cut(url, "://")
	if !found {
		rest = url
	}
	rest, _, _ = strings.Cut(rest, "?")
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		rest = rest[i+1:]
	}
	seed, _, _ := strings.Cut(strings.TrimSuffix(rest, "/"), ",")
	return seed
}
