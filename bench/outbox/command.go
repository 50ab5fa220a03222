package outbox

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/integration/servers"
)

// settings are what the command line says.
type settings struct {
	kafka, database string
	json, quick     bool
	rows, runs      int
	low, quiet      time.Duration
	only, what      string
}

// bench is a run.
type bench struct {
	settings
	brokers []string
	admin   *kadm.Client
	conn    *pgx.Conn
	name    string // of the table, the publication and what else the run makes
	written int    // rows, which every slot has from the first on
}

// What is measured.
const (
	caseBacklog = "backlog"
	caseLarge   = "large"
	caseQuiet   = "quiet"

	backlog = 500_000
	largest = 5_000_000
)

// Benches are the bench of this package, and the hidden command of the relay's process.
func Benches() []string { return []string{"outbox", child} }

// Run does what the arguments say; the first is one of Benches.
func Run(ctx context.Context, args []string) (err error) {
	if args[0] == child {
		return relay(ctx, args[1:])
	}
	s := settings{}
	flags := flag.NewFlagSet("outbox", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.StringVar(&s.database, "database", os.Getenv("DATABASE_URL"),
		"address of a PostgreSQL database with wal_level = logical; without it a server is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	flags.BoolVar(&s.quick, "quick", false, "fewer rows, runs and sides: under a minute")
	flags.IntVar(&s.rows, "rows", backlog, "rows of the backlog; of a large transaction 5,000,000")
	flags.IntVar(&s.runs, "runs", 3, "turns of each side; figures are medians")
	flags.DurationVar(&s.low, "low", 20*time.Second, "how long the latency is measured in each turn; 0 leaves it out")
	flags.StringVar(&s.only, "only", "", "only sides whose name contains this")
	flags.StringVar(&s.what, "case", caseBacklog, "backlog, and latency; large, one transaction of so many rows; or quiet, an outbox beside churn")
	flags.DurationVar(&s.quiet, "quiet", 5*time.Minute, "how long the churn lasts") //nolint:mnd // long enough for checkpoints
	if err := flags.Parse(args[1:]); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if s.what == caseLarge && s.rows == backlog {
		s.rows = largest
	}
	if s.quick {
		s.rows, s.runs, s.low = 100_000, 1, 4*time.Second
	}
	for address, start := range map[*string]func(context.Context) (*servers.Server, error){
		&s.kafka: servers.Kafka, &s.database: servers.Postgres,
	} {
		if *address != "" {
			continue
		}
		server, err := start(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		*address = server.URL
	}
	return s.run(ctx)
}

func (s settings) run(ctx context.Context) error {
	b := &bench{settings: s, written: s.rows, brokers: strings.Split(strings.TrimPrefix(s.kafka, "kafka://"), ",")}
	client, err := kgo.NewClient(kgo.SeedBrokers(b.brokers...))
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer client.Close()
	b.admin = kadm.NewClient(client)
	if b.conn, err = pgx.Connect(ctx, s.database); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer b.conn.Close(context.WithoutCancel(ctx))
	switch s.what {
	case caseBacklog:
		return b.turns(ctx)
	case caseLarge:
		return b.large(ctx)
	case caseQuiet:
		return b.still(ctx)
	}
	return fmt.Errorf("there is no case %q", s.what)
}
