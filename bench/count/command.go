package count

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/integration/servers"
)

// settings are what the command line says.
type settings struct {
	kafka       string
	json, quick bool
	records     int
	runs        int
	load        int
	low, full   time.Duration
	shards      shardCounts
	only        string
	nodes       int
	pad, keys   int
	rate        int
	session     time.Duration
}

// usualShards is the number of shards of the sides that do not measure others, and of all latencies.
const usualShards = 6

// shardCounts is a flag: numbers with commas between.
type shardCounts []int

func (s *shardCounts) String() string { return strings.Trim(fmt.Sprint(*s), "[]") }

func (s *shardCounts) Set(text string) error {
	*s = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number of shards", part)
		}
		*s = append(*s, n)
	}
	return nil
}

const lowRate = 200 // records a second at low load

// Benches are the benches of this package, and the hidden command of a side's process.
func Benches() []string { return []string{"partitions", "handover", "failover", child} }

// Run does what the arguments say; the first is one of Benches.
func Run(ctx context.Context, args []string) (err error) {
	if args[0] == child {
		return work(ctx, args[1:])
	}
	s, err := parse(args[0], args[1:])
	if err != nil {
		return err
	}
	if err := buildStreams(ctx); err != nil {
		return err
	}
	if s.kafka == "" {
		broker, err := servers.Kafka(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, broker.Close()) }()
		s.kafka = broker.URL
	}
	b, err := open(s)
	if err != nil {
		return err
	}
	defer b.close()
	switch args[0] {
	case "handover":
		return b.handover(ctx)
	case "failover":
		return b.failover(ctx)
	default:
		return b.run(ctx)
	}
}

func parse(bench string, args []string) (settings, error) {
	s := settings{shards: shardCounts{1, usualShards, 64}}
	flags := flag.NewFlagSet(bench, flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	flags.StringVar(&s.only, "only", "", "only sides whose name and variant contain this")
	flags.BoolVar(&s.quick, "quick", false, "fewer records, runs and sides: about a minute")
	if bench == "partitions" {
		flags.IntVar(&s.records, "records", 3_000_000, "records of the backlog")
		flags.IntVar(&s.runs, "runs", 3, "turns of each side; figures are medians")
		flags.IntVar(&s.load, "load", 50_000, "records a second of the latency at full load")
		flags.DurationVar(&s.low, "low", 20*time.Second, "how long the latency at low load is measured; 0 leaves it out")
		flags.DurationVar(&s.full, "full", 20*time.Second, "how long the latency at full load is measured; 0 leaves it out")
		flags.Var(&s.shards, "shards", "numbers of shards")
	} else {
		flags.IntVar(&s.nodes, "nodes", map[string]int{"handover": 5, "failover": 2}[bench], "processes of a side")
		flags.IntVar(&s.rate, "rate", 1000, "records a second meanwhile")
		flags.IntVar(&s.keys, "keys", map[string]int{"handover": 100_000, "failover": 1_000_000}[bench], "keys in the tables before it begins")
		flags.IntVar(&s.pad, "pad", map[string]int{"failover": 1000}[bench], "bytes that each value in the tables is longer than its count")
		flags.DurationVar(&s.session, "session", 6*time.Second, "session timeout; 0 for the side's default")
	}
	if err := flags.Parse(args); err != nil {
		return s, err //nolint:wrapcheck // flag has said it
	}
	if s.quick && bench == "partitions" {
		s.records, s.runs, s.low, s.full, s.shards = 200_000, 1, 2*time.Second, 0, shardCounts{usualShards}
	} else if s.quick {
		s.nodes, s.keys = 2, 100_000
	}
	return s, nil
}

// bench is a run.
type bench struct {
	settings
	brokers []string
	bulk    *kgo.Client // fills topics
	prompt  *kgo.Client // sends at once
	admin   *kadm.Client
	inputs  map[int]string // topic of each number of shards
}

func open(s settings) (*bench, error) {
	b := &bench{settings: s, brokers: strings.Split(strings.TrimPrefix(s.kafka, "kafka://"), ","), inputs: map[int]string{}}
	var err error
	plain := []kgo.Opt{kgo.SeedBrokers(b.brokers...), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(1_000_000)}
	if b.bulk, err = kgo.NewClient(plain...); err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	if b.prompt, err = kgo.NewClient(append(plain, kgo.ProducerLinger(0))...); err != nil {
		b.bulk.Close()
		return nil, err //nolint:wrapcheck // a bench
	}
	b.admin = kadm.NewClient(b.bulk)
	return b, nil
}

func (b *bench) close() {
	b.bulk.Close()
	b.prompt.Close()
}
