package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/millrace/millrace/bench/count"
	"github.com/millrace/millrace/bench/httpcost"
	"github.com/millrace/millrace/bench/jobs"
	"github.com/millrace/millrace/bench/locks"
	"github.com/millrace/millrace/bench/machines"
	"github.com/millrace/millrace/bench/outbox"
	"github.com/millrace/millrace/bench/push"
	"github.com/millrace/millrace/bench/sagas"
	"github.com/millrace/millrace/bench/webhooks"
	"github.com/millrace/millrace/integration/servers"
)

// settings are what the command line says.
type settings struct {
	kafka   string
	json    bool
	profile string
	quick   bool
	events  int
	rounds  int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to end
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) > 0 && slices.Contains(count.Benches(), args[0]) {
		return count.Run(ctx, args)
	}
	if len(args) > 0 && slices.Contains(outbox.Benches(), args[0]) {
		return outbox.Run(ctx, args)
	}
	if len(args) > 0 && slices.Contains(machines.Benches(), args[0]) {
		return machines.Run(ctx, args)
	}
	if len(args) > 0 && slices.Contains(sagas.Benches(), args[0]) {
		return sagas.Run(ctx, args)
	}
	if len(args) > 0 && slices.Contains(jobs.Benches(), args[0]) {
		return jobs.Run(ctx, args)
	}
	if len(args) > 0 && slices.Contains(push.Benches(), args[0]) {
		return push.Run(ctx, args)
	}
	if len(args) > 0 && args[0] == "webhooks" {
		return webhooks.Run(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == "http" {
		return httpcost.Run(ctx, args[1:])
	}
	if len(args) > 0 && args[0] == "locks" {
		return locks.Run(ctx, args[1:])
	}
	if len(args) == 0 || args[0] != "bus" {
		return errors.New("say which bench: bus, partitions, handover, failover, outbox, machines, sagas, jobs, webhooks, push, http or locks")
	}
	s := settings{events: 500_000, rounds: 5}
	flags := flag.NewFlagSet("bus", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	flags.BoolVar(&s.quick, "quick", false, "fewer events and rounds: under a minute")
	flags.StringVar(&s.profile, "profile", "", "write a CPU profile of Millrace's rounds to this file")
	if err := flags.Parse(args[1:]); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if s.quick {
		s.events, s.rounds = 100_000, 2
	}
	if s.kafka == "" {
		broker, err := servers.Kafka(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, broker.Close()) }()
		s.kafka = broker.URL
	}
	return benchBus(ctx, s)
}
