package webhooks

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
)

// settings are what the command line says.
type settings struct {
	kafka  string
	json   bool
	rounds int
	good   int
	bad    int // that hang, and as many that fail
	rate   int // events a second
	each   time.Duration
	warm   time.Duration
}

// Run is the bench.
func Run(ctx context.Context, args []string) (err error) {
	s := settings{}
	flags := flag.NewFlagSet("webhooks", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	quick := flags.Bool("quick", false, "one short round: about a minute")
	flags.IntVar(&s.rounds, "rounds", 3, "turns of each case; figures are of all of them together")
	flags.IntVar(&s.good, "good", 800, "endpoints that answer")
	flags.IntVar(&s.bad, "bad", 100, "endpoints that hang, and as many that fail")
	flags.IntVar(&s.rate, "rate", 3, "events a second, each for a hundred endpoints")
	flags.DurationVar(&s.each, "each", 30*time.Second, "how long a turn is")
	flags.DurationVar(&s.warm, "warm", 20*time.Second, "how long each turn is warmed up")
	if err := flags.Parse(args); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if *quick {
		s.rounds, s.each, s.warm = 1, 10*time.Second, 10*time.Second
	}
	if s.kafka == "" {
		broker, err := servers.Kafka(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, broker.Close()) }()
		s.kafka = broker.URL
	}
	return s.run(ctx)
}

// run lets both cases take turns.
func (s settings) run(ctx context.Context) error {
	b, err := bus.Open(ctx, s.kafka)
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // a bench
	r := newReceivers()
	defer r.close()
	id := uuid.NewString()[:8]
	cases := []*side{{name: "answering alone", group: "alone" + id}, {name: "beside the bad", group: "beside" + id, bad: s.bad}}
	for _, c := range cases {
		if err := c.prepare(ctx, b, s, r); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for round := range s.rounds {
		for i := range cases {
			if err := cases[(i+round)%len(cases)].turn(ctx, b, s, r); err != nil {
				return err
			}
		}
	}
	for _, c := range cases {
		for metric, q := range map[string]float64{"p50": 0.5, "p99": 0.99} {
			s.print(c.name, metric, figures.Quantile(c.took, q))
		}
		s.print(c.name, "deliveries", float64(len(c.took)))
		s.print(c.name, "missing", float64(c.missing))
	}
	for metric, q := range map[string]float64{"p50 ratio": 0.5, "p99 ratio": 0.99} {
		s.print("beside to alone", metric, figures.Quantile(cases[1].took, q)/figures.Quantile(cases[0].took, q))
	}
	return nil
}

func (s settings) print(what, metric string, value float64) {
	_ = figures.Print(os.Stdout, s.json, figures.Figure{Bench: "webhooks", Case: what, Side: "millrace", Metric: metric, Value: value})
}
