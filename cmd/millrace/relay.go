package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/outbox"
)

// relaying is what `millrace relay` was asked for.
type relaying struct {
	group, slot, publication, table, connector, gap, http string
	polled, letters, failover, migrate, logOnly           bool
	every                                                 time.Duration
}

func newRelay(g *global) *cobra.Command {
	r := &relaying{}
	cmd := &cobra.Command{
		Use: "relay", Short: "Publish the outbox of one database, as a process of its own",
		Long: "Publish the outbox of one database to Kafka, exactly once, as a process of its own: beside applications that run no relay\n" +
			"in their pods, or in the place of a Debezium connector, whose JSON file --connector takes.\n\n" +
			"Run two or three with the same flags: one works, the others stand by and take over within seconds. SIGTERM finishes\n" +
			"the batch on its way, confirms it to PostgreSQL, and lets the next one begin at once.\n\n" +
			"Each database needs relays of its own, under a --group of its own, and on one server a --slot of its own: what one\n" +
			"database cannot publish then holds up no other.\n\n" +
			"A relay waits for servers that are away. What must be mended by hand, such as a slot that is lost or a row that Kafka\n" +
			"refuses, is in its log and in `millrace outbox`, lets /readyz fall, and is tried again by itself. Metrics, traces and logs go\n" +
			"where the OTEL_* variables say.",
		Example: "  millrace relay --kafka kafka.internal:9092 --database postgres://relay@db.internal/shop\n" +
			"  millrace relay --connector outbox.json --http :8080\n  millrace relay --polled --table shop.outboxevent",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return r.run(cmd, g) },
	}
	flags := cmd.Flags()
	flags.StringVar(&r.group, "group", cmp.Or(os.Getenv("OUTBOX_GROUP"), relayGroup), "the consumer group of these relays (OUTBOX_GROUP)")
	flags.StringVar(&r.slot, "slot", os.Getenv("OUTBOX_SLOT"), "replication slot (OUTBOX_SLOT; the connector's, or "+outbox.Publication+")")
	flags.StringVar(&r.publication, "publication", os.Getenv("OUTBOX_PUBLICATION"),
		"publication (OUTBOX_PUBLICATION; the connector's, or "+outbox.Publication+")")
	flags.StringVar(&r.table, "table", cmp.Or(os.Getenv("OUTBOX_TABLE"), "outboxevent"),
		"outbox table, or prefix of messages in the log (OUTBOX_TABLE)")
	flags.StringVar(&r.connector, "connector", os.Getenv("OUTBOX_CONNECTOR"),
		"a Debezium connector's JSON `file` to make records by (OUTBOX_CONNECTOR; the one that deploy/kafka recommends)")
	flags.BoolVar(&r.polled, "polled", truth("OUTBOX_POLLED"), "look for rows, in a database without logical replication (OUTBOX_POLLED)")
	flags.BoolVar(&r.logOnly, "log-only", truth("OUTBOX_LOG_ONLY"),
		"take events that are in the log alone, beside rows; every role of the database may write some unless that is revoked (OUTBOX_LOG_ONLY)")
	flags.DurationVar(&r.every, "poll-every", 100*time.Millisecond, "longest pause between two looks with --polled")
	flags.BoolVar(&r.letters, "dead-letters", truth("OUTBOX_DEAD_LETTERS"),
		"make rows that Kafka refuses for good dead letters of the group, instead of stopping before them (OUTBOX_DEAD_LETTERS)")
	flags.StringVar(&r.gap, "accept-gap", os.Getenv("OUTBOX_ACCEPT_GAP"),
		"go on after the gap behind this `position`, which the relay names when it stops before one (OUTBOX_ACCEPT_GAP)")
	flags.BoolVar(&r.failover, "failover", truth("OUTBOX_FAILOVER"), "let PostgreSQL 17 or later copy the slot to its standbys (OUTBOX_FAILOVER)")
	flags.BoolVar(&r.migrate, "migrate", truth("OUTBOX_MIGRATE"), "first make table, publication and slot where they are missing (OUTBOX_MIGRATE)")
	flags.StringVar(&r.http, "http", cmp.Or(os.Getenv("HTTP_ADDRESS"), ":8080"), "listen address of /livez and /readyz (HTTP_ADDRESS)")
	return cmd
}

// truth is a variable that turns something on.
func truth(variable string) bool {
	on, err := strconv.ParseBool(os.Getenv(variable))
	return on && err == nil
}

func (r *relaying) run(cmd *cobra.Command, g *global) (err error) {
	outliveOutput()
	at := servers{kafka: g.kafka, database: g.database}
	if err := at.check(); err != nil {
		return err
	}
	names, err := r.names(cmd.Flags().Changed("poll-every"))
	if err != nil {
		return err
	}
	at.kafka = g.kafkaURL()
	log, err := g.logger(slog.LevelInfo)
	if err != nil {
		return err
	}
	listener, err := listenHTTP(cmd.Context(), r.http)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // closed already when it was served
	p, err := newRelayPod(cmd.Context(), at, log, r, names)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(cmd.Context())) }()
	log.Info("ready", "http", listener.Addr().String(), "group", r.group, "slot", p.relay.Status().Slot)
	return p.serve(cmd.Context(), listener)
}

// names are those that the relay and its migration share, those of the connector's file where no flag names others.
func (r *relaying) names(paced bool) ([]outbox.NameOption, error) {
	opts := []outbox.NameOption{outbox.Table(r.table)}
	if r.polled {
		if r.slot != "" || r.publication != "" || r.failover || r.logOnly || r.gap != "" {
			return nil, &usageError{errors.New("--polled reads no log: leave --slot, --publication, --failover, --log-only and --accept-gap away")}
		}
		return append(opts, outbox.Polled()), nil
	}
	if paced {
		return nil, &usageError{errors.New("--poll-every goes with --polled alone: the log tells of rows by itself")}
	}
	slot, publication, err := connectorNames(r.connector)
	if err != nil {
		return nil, err
	}
	if r.slot == "" {
		r.slot = slot
	}
	if r.publication == "" {
		r.publication = publication
	}
	if r.slot == "" || r.publication == "" {
		return nil, &usageError{fmt.Errorf("%s does not name slot.name and publication.name both, and Debezium's own are not the relay's: "+
			"name them with --slot and --publication, debezium and dbz_publication where the connector ran with this file", r.connector)}
	}
	opts = append(opts, outbox.Slot(r.slot), outbox.From(r.publication))
	if r.failover {
		opts = append(opts, outbox.Failover())
	}
	if r.logOnly {
		opts = append(opts, outbox.LogOnly())
	}
	return opts, nil
}
