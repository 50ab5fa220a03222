package httpcost

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/integration/servers"
)

type settings struct {
	redis    string
	json     bool
	rounds   int
	requests int // of a round, without Redis
	asking   int // with it
}

// Run is the bench.
func Run(ctx context.Context, args []string) (err error) {
	s := settings{rounds: 15, requests: 20_000, asking: 2_000}
	flags := flag.NewFlagSet("http", flag.ContinueOnError)
	flags.StringVar(&s.redis, "redis", os.Getenv("REDIS_URL"), "address of a Redis server; without it one is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	quick := flags.Bool("quick", false, "fewer rounds: some seconds")
	flags.IntVar(&s.rounds, "rounds", s.rounds, "turns of each side; figures are medians")
	if err := flags.Parse(args); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if *quick {
		s.rounds, s.requests, s.asking = 5, 5_000, 500
	}
	if s.rounds < 1 {
		return errors.New("http: at least one round is needed")
	}
	if s.redis == "" {
		server, err := servers.Redis(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		s.redis = server.URL
	}
	return s.run(ctx)
}

func (s settings) run(ctx context.Context) error {
	bare, err := withoutRedis()
	if err != nil {
		return err
	}
	took, err := turns(ctx, bare, s.rounds, s.requests, nil)
	if err != nil {
		return err
	}
	for _, one := range bare {
		s.print("without Redis", one.name, "time", took[one.name].median(whole))
		s.print("without Redis", one.name, "allocations", took[one.name].median(allocations))
	}
	for _, one := range bare[1:] {
		s.print("more than chi", one.name, "time", took[one.name].beside(took["chi"], whole))
		s.print("more than chi", one.name, "allocations", took[one.name].beside(took["chi"], allocations))
	}
	address := s.redis
	if !strings.Contains(address, "://") {
		address = "redis://" + address
	}
	opts, err := redis.ParseURL(address)
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	opts.ContextTimeoutEnabled, opts.MaxRetries = true, -1
	client := redis.NewClient(opts)
	defer client.Close() //nolint:errcheck // a bench
	var made atomic.Int64
	client.AddHook(trips{&made})
	asking, err := withRedis(client) //nolint:contextcheck // no call has one yet
	if err != nil {
		return err
	}
	if took, err = turns(ctx, asking, s.rounds, s.asking, &made); err != nil {
		return err
	}
	for _, one := range asking {
		s.print("with Redis", one.name, "time", took[one.name].median(whole))
		s.print("with Redis", one.name, "time until answered", took[one.name].median(answered))
		s.print("with Redis", one.name, "round trips before the answer", took[one.name].median(before))
		s.print("with Redis", one.name, "round trips", took[one.name].median(together))
	}
	return nil
}

func (s settings) print(what, who, metric string, value float64) {
	_ = figures.Print(os.Stdout, s.json, figures.Figure{Bench: "http", Case: what, Side: who, Metric: metric, Value: value})
}
