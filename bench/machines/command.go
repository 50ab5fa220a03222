package machines

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/partitions"
)

// settings are what the command line says.
type settings struct {
	kafka             string
	json, quick       bool
	events, instances int
	callers, runs     int
	asks, warm        time.Duration
	only, profile     string
}

// child is the hidden command of a side's process.
const child = "machines-side"

// Benches are the bench of this package, and the hidden command of a side's process.
func Benches() []string { return []string{"machines", child} }

// Run does what the arguments say; the first is one of Benches.
func Run(ctx context.Context, args []string) (err error) {
	if args[0] == child {
		return work(ctx, args[1:])
	}
	var s settings
	flags := flag.NewFlagSet("machines", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	flags.BoolVar(&s.quick, "quick", false, "fewer events and runs: under a minute")
	flags.IntVar(&s.events, "events", 500_000, "events of the backlog")
	flags.IntVar(&s.instances, "instances", 100_000, "orders that they are for")
	flags.IntVar(&s.callers, "callers", 1000, "who ask at once")
	flags.IntVar(&s.runs, "runs", 3, "turns of each side; figures are medians")
	flags.DurationVar(&s.asks, "asks", 10*time.Second, "how long one asks in each turn, and how long many do; 0 leaves it out")
	flags.DurationVar(&s.warm, "warm", 8*time.Second, "the same before the first turn")
	flags.StringVar(&s.profile, "profile", "", "write a CPU profile of the group in the first turn of the first side to this file")
	flags.StringVar(&s.only, "only", "", "only sides whose name contains this")
	if err := flags.Parse(args[1:]); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if s.quick {
		s.events, s.instances, s.runs, s.asks, s.warm = 100_000, 20_000, 1, 2*time.Second, 4*time.Second
	}
	if s.instances < s.callers {
		return fmt.Errorf("%d callers need as many instances", s.callers)
	}
	if s.kafka == "" {
		broker, err := servers.Kafka(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, broker.Close()) }()
		s.kafka = broker.URL
	}
	return s.turns(ctx)
}

func (s settings) chosen() (all []*turn) {
	for _, one := range sides() {
		if strings.Contains(one.name, s.only) {
			all = append(all, &turn{side: one})
		}
	}
	return all
}

// told is what a side's process is told, as JSON.
type told struct{ Kafka, Side, Name, Profile string }

// work is the hidden command: the group with one side's part.
func work(ctx context.Context, args []string) (err error) {
	var t told
	if err := json.Unmarshal([]byte(args[0]), &t); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	s, err := sideOf(t.Side)
	if err != nil {
		return err
	}
	if t.Profile != "" {
		to, err := os.Create(t.Profile)
		if err == nil {
			err = pprof.StartCPUProfile(to)
		}
		if err != nil {
			return fmt.Errorf("no profile: %w", err)
		}
		defer func() { pprof.StopCPUProfile(); err = errors.Join(err, to.Close()) }()
	}
	b, err := bus.Open(ctx, t.Kafka)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	g, err := partitions.New(b, t.Name, s.part(t.Name).option)
	if err != nil {
		return err
	}
	return g.Run(ctx)
}
