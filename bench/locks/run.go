package locks

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/partitions/locks"
)

type settings struct {
	kafka  string
	hold   string
	json   bool
	rounds int
	kills  int
}

// Run is the bench, or with --hold the process that it kills.
func Run(ctx context.Context, args []string) (err error) {
	s := settings{rounds: 2000, kills: 5}
	flags := flag.NewFlagSet("locks", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	quick := flags.Bool("quick", false, "fewer rounds: under a minute")
	flags.StringVar(&s.hold, "hold", "", "only hold a lock of this group until killed")
	if err := flags.Parse(args); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if *quick {
		s.rounds, s.kills = 500, 2
	}
	if s.kafka == "" {
		broker, err := servers.Kafka(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, broker.Close()) }()
		s.kafka = broker.URL
	}
	if s.hold != "" {
		return hold(ctx, s)
	}
	return bench(ctx, s)
}

// member is a manager on a bus of its own, as in a process.
func member(ctx context.Context, s settings, group string) (m *locks.Manager, end func(), err error) {
	b, err := bus.Open(ctx, s.kafka)
	if err != nil {
		return nil, nil, err
	}
	if m, err = locks.New(b, group); err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var run sync.WaitGroup
	run.Go(func() {
		if err := m.Run(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	})
	return m, func() { stop(); run.Wait(); _ = b.Close() }, nil
}

func hold(ctx context.Context, s settings) error {
	m, end, err := member(ctx, s, s.hold)
	if err != nil {
		return err
	}
	defer end()
	if _, err := m.Acquire(ctx, "one"); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, "holding"); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	<-ctx.Done()
	return nil
}

func bench(ctx context.Context, s settings) error {
	group := "bench" + uuid.NewString()[:8]
	m, end, err := member(ctx, s, group)
	if err != nil {
		return err
	}
	defer end()
	acquires, releases := make([]time.Duration, s.rounds), make([]time.Duration, s.rounds)
	for i := range s.rounds {
		began := time.Now()
		lease, err := m.Acquire(ctx, "alone")
		if err != nil {
			return err
		}
		acquired := time.Now()
		if err := lease.Release(ctx); err != nil {
			return err
		}
		acquires[i], releases[i] = acquired.Sub(began), time.Since(acquired)
	}
	s.print("acquire", "p50", figures.Quantile(acquires, 0.5))
	s.print("acquire", "p99", figures.Quantile(acquires, 0.99))
	s.print("release", "p50", figures.Quantile(releases, 0.5))
	s.print("release", "p99", figures.Quantile(releases, 0.99))
	if err := contend(ctx, s, group); err != nil {
		return err
	}
	return kill(ctx, s, m, group)
}

// contend lets a hundred wait for one name, in four members.
func contend(ctx context.Context, s settings, group string) error {
	var members []*locks.Manager
	for range 4 {
		m, end, err := member(ctx, s, group)
		if err != nil {
			return err
		}
		defer end()
		members = append(members, m)
	}
	const contenders = 100
	each := max(s.rounds/contenders, 1)
	var all sync.WaitGroup
	failed := make(chan error, contenders)
	began := time.Now()
	for i := range contenders {
		all.Go(func() {
			for range each {
				lease, err := members[i%len(members)].Acquire(ctx, "one")
				if err == nil {
					err = lease.Release(ctx)
				}
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	s.print("100 contenders", "rate", float64(contenders*each)/time.Since(began).Seconds())
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// kill measures how long after the end of a process another one has its lock, with the default lease of 10 seconds.
func kill(ctx context.Context, s settings, m *locks.Manager, group string) error {
	took := make([]time.Duration, s.kills)
	for i := range took {
		holder := exec.CommandContext(ctx, os.Args[0], "locks", "--kafka", s.kafka, "--hold", group) //nolint:gosec // itself
		output, err := holder.StdoutPipe()
		if err == nil {
			err = holder.Start()
		}
		if err != nil {
			return err //nolint:wrapcheck // a bench
		}
		for lines := bufio.NewScanner(output); lines.Scan() && !strings.Contains(lines.Text(), "holding"); {
		}
		var killed time.Time
		lease, err := m.With(locks.Position(func(int) {
			if killed.IsZero() {
				killed = time.Now()
				_ = holder.Process.Kill()
			}
		})).Acquire(ctx, "one")
		if err != nil {
			return err
		}
		took[i] = time.Since(killed)
		_ = holder.Wait() // it was killed
		if err := lease.Release(ctx); err != nil {
			return err
		}
	}
	s.print("after a kill", "p50", figures.Quantile(took, 0.5))
	s.print("after a kill", "max", figures.Quantile(took, 1))
	return nil
}

func (s settings) print(what, metric string, value float64) {
	_ = figures.Print(os.Stdout, s.json, figures.Figure{Bench: "locks", Case: what, Side: "millrace", Metric: metric, Value: value})
}
