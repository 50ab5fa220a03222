package sagas

import (
	"context"
	"errors"
	"flag"
	"os"
	"time"

	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/flows/phase"
)

// settings are what the command line says.
type settings struct {
	kafka, database string
	json, quick     bool
	runs            int
	only            string
	work            flows.Work
	waiting         int
	waitingOthers   int
	sleepers        int
	warm            time.Duration
	profile         string
}

// Benches are the bench of this package, and the hidden command of Millrace's process.
func Benches() []string { return []string{"sagas", child} }

// Run does what the arguments say; the first is one of Benches.
func Run(ctx context.Context, args []string) error {
	if args[0] == child {
		return phase.Side(ctx, args[1], open, flows.Measure)
	}
	var s settings
	flags := flag.NewFlagSet("sagas", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.StringVar(&s.database, "database", os.Getenv("DATABASE_URL"), "address of a PostgreSQL database; without it two are started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	flags.BoolVar(&s.quick, "quick", false, "shorter, one run, fewer flows and sides: about a minute once the sides are built")
	flags.IntVar(&s.runs, "runs", 3, "turns of each side; figures are medians")
	flags.StringVar(&s.only, "only", "", "only sides whose name contains this")
	flags.IntVar(&s.work.Concurrent, "concurrent", 1000, "flows at once")
	flags.DurationVar(&s.work.Alone, "alone", 10*time.Second, "how long one flow after the other is run")
	flags.DurationVar(&s.work.Together, "together", 20*time.Second, "how long many flows are run")
	flags.DurationVar(&s.warm, "warm", 45*time.Second, "how long Millrace's broker is warmed up by one flow after the other, and by many")
	flags.StringVar(&s.profile, "profile", "", "write a CPU profile of Millrace's first run of many flows to this file")
	flags.IntVar(&s.waiting, "waiting", 100_000, "flows that wait in Millrace")
	flags.IntVar(&s.waitingOthers, "waiting-others", 10_000, "flows that wait in DBOS, and five times as many as in Temporal")
	flags.IntVar(&s.sleepers, "sleepers", 0, "instead of all else: so many sagas, 2000 at least, sleep on one node, which is started again")
	if err := flags.Parse(args[1:]); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if s.quick {
		s.runs, s.work.Concurrent, s.work.Alone, s.work.Together = 1, 200, 2*time.Second, 2*time.Second
		s.waiting, s.waitingOthers, s.warm = 5000, 1000, 2*time.Second
	}
	if s.sleepers > 0 {
		s.sleepers = max(s.sleepers, 2*early)
		return s.sleep(ctx)
	}
	return s.run(ctx)
}

// run builds the sides, starts the servers that are missing, and lets the sides take turns.
func (s settings) run(ctx context.Context) (err error) {
	var all []*turn
	for _, side := range s.sides() {
		end, failed := side.Ready(ctx)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, end()) }()
		all = append(all, &turn{side: side, phases: make(map[string][]result)})
	}
	if len(all) == 0 {
		return errors.New("no side is left to measure")
	}
	return s.turns(ctx, all)
}
