package jobs

import (
	"context"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bench/flows/phase"
	"github.com/millrace/millrace/bench/flows/tasks"
	"github.com/millrace/millrace/bench/sides"
)

// child is the hidden command of Millrace's process.
const child = "jobs-side"

// settings are what the command line says.
type settings struct {
	kafka, database, redis string
	json, quick            bool
	runs                   int
	only                   string
	work                   tasks.Work
	others                 int
	profile                string
}

// Benches are the bench of this package, and the hidden command of Millrace's process.
func Benches() []string { return []string{"jobs", child} }

// Run does what the arguments say; the first is one of Benches.
func Run(ctx context.Context, args []string) error {
	if args[0] == child {
		return phase.Side(ctx, args[1], open, tasks.Measure)
	}
	var s settings
	flags := flag.NewFlagSet("jobs", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.StringVar(&s.database, "database", os.Getenv("DATABASE_URL"), "address of a PostgreSQL database; without it two are started")
	flags.StringVar(&s.redis, "redis", os.Getenv("REDIS_URL"), "address of a Redis; without it one is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	flags.BoolVar(&s.quick, "quick", false, "fewer jobs, one run: about a minute once the sides are built")
	flags.IntVar(&s.runs, "runs", 3, "turns of each side; figures are medians")
	flags.StringVar(&s.only, "only", "", "only sides whose name contains this")
	flags.IntVar(&s.work.Jobs, "jobs", 1_000_000, "jobs that Millrace enqueues and drains")
	flags.IntVar(&s.others, "jobs-others", 200_000, "jobs that the others enqueue and drain")
	flags.DurationVar(&s.work.Low, "low", 20*time.Second, "how long jobs are enqueued one by one")
	flags.DurationVar(&s.work.Pace, "pace", 10*time.Millisecond, "from one of these to the next")
	flags.StringVar(&s.profile, "profile", "", "write a CPU profile of Millrace's first drain to this file")
	if err := flags.Parse(args[1:]); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if s.quick {
		s.runs, s.work.Jobs, s.others, s.work.Low = 1, 100_000, 20_000, 2*time.Second
	}
	return s.run(ctx)
}

// one is a side, and how it enqueues fastest.
type one struct {
	sides.Side
	jobs, batch, callers int
}

// sides are all of them, in the order in which they take turns.
func (s settings) sides() []one {
	all := []one{
		{sides.Side{Name: "millrace", Command: child, Server: sides.Kafka, Address: s.kafka}, s.work.Jobs, 5000, 4},
		{sides.Side{Name: "river", Folder: "river", Server: sides.Postgres(), Address: s.database}, s.others, 10_000, 4},
		{sides.Side{Name: "asynq", Folder: "asynq", Server: sides.Redis, Address: s.redis}, s.others, 1, 64},
	}
	if s.database == "" && !s.quick {
		unsynced := sides.Side{Name: "river", Variant: "unsynced", Folder: "river", Server: sides.Postgres("fsync=off")}
		all = append(all, one{unsynced, s.others, 10_000, 4})
	}
	return slices.DeleteFunc(all, func(o one) bool { return !strings.Contains(o.String(), s.only) })
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
