package jobs

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bench/flows/tasks"
	"github.com/millrace/millrace/bench/sides"
)

type result = sides.Phase[tasks.Mark]

// turn is what all turns of a side have shown, by phase.
type turn struct {
	side   one
	phases map[string][]result
}

// turns lets the sides take turns, each run beginning with another one, and prints the figures. Millrace goes first once
// without being measured: a broker that has just been started is slow until it is compiled.
func (s settings) turns(ctx context.Context, all []*turn) error {
	if all[0].side.Folder == "" {
		if _, err := s.take(ctx, all[0], ""); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
	}
	for run := range s.runs {
		for i := range all {
			t := all[(i+run)%len(all)]
			profile := ""
			if t.side.Folder == "" && run == 0 {
				profile = s.profile
			}
			phases, err := s.take(ctx, t, profile)
			if err != nil {
				return fmt.Errorf("%v: %w", t.side, err)
			}
			for _, p := range phases {
				t.phases[p.Mark.Phase] = append(t.phases[p.Mark.Phase], p)
				fmt.Fprintf(os.Stderr, "run %d of %d: %v: %s: %d jobs in %v\n",
					run+1, s.runs, t.side, p.Mark.Phase, p.Mark.Jobs, p.Mark.Took.Round(time.Millisecond))
			}
		}
	}
	var found []figures.Figure
	for _, t := range all {
		found = append(found, t.figures()...)
	}
	for _, other := range all[1:] {
		if all[0].side.Folder == "" {
			for _, name := range []string{tasks.Enqueue, tasks.Drain} {
				ratio := all[0].median(name, rate) / other.median(name, rate)
				found = append(found, figure(name, all[0].side, "rate of "+other.side.String(), ratio))
			}
		}
	}
	return figures.Print(os.Stdout, s.json, found...)
}

// take lets a side work once.
func (s settings) take(ctx context.Context, t *turn, profile string) ([]result, error) {
	w := s.work
	w.URL, w.Name, w.Profile = t.side.Address, "b"+uuid.NewString()[:8], profile
	w.Jobs, w.Batch, w.Callers = t.side.jobs, t.side.batch, t.side.callers
	return sides.Take[tasks.Mark](ctx, t.side.Side, w, tasks.Phases)
}

func figure(phase string, of one, metric string, value float64) figures.Figure {
	return figures.Figure{Bench: "jobs", Case: phase, Side: of.String(), Metric: metric, Value: value}
}

// figures are a side's: medians of the runs, and quantiles of all of them.
func (t *turn) figures() (all []figures.Figure) {
	for _, name := range []string{tasks.Enqueue, tasks.Drain} {
		all = append(all, figure(name, t.side, "rate", t.median(name, rate)), figure(name, t.side, "cpu", t.median(name, cpu)))
		if server := t.median(name, serverCPU); server > 0 {
			all = append(all, figure(name, t.side, "server cpu", server))
		}
	}
	all = append(all, figure(tasks.Drain, t.side, "first ms", t.median(tasks.Drain, first)),
		figure(tasks.Drain, t.side, "MB more", t.median(tasks.Drain, grown)))
	var times []time.Duration
	for _, p := range t.phases[tasks.Low] {
		times = append(times, p.Mark.Times...)
	}
	return append(all, figure(tasks.Low, t.side, "p50", figures.Quantile(times, 0.5)), //nolint:mnd // its name
		figure(tasks.Low, t.side, "p99", figures.Quantile(times, 0.99))) //nolint:mnd // its name
}

func rate(p result) float64      { return float64(p.Mark.Jobs) / p.Mark.Took.Seconds() }
func cpu(p result) float64       { return p.Used.CPU.Seconds() / float64(p.Mark.Jobs) * 1e6 }
func serverCPU(p result) float64 { return p.Used.Server.Seconds() / float64(p.Mark.Jobs) * 1e6 }
func first(p result) float64     { return float64(p.Mark.First.Milliseconds()) }
func grown(p result) float64     { return p.Used.Resident }

func (t *turn) median(name string, of func(result) float64) float64 {
	var values []float64
	for _, p := range t.phases[name] {
		values = append(values, of(p))
	}
	return figures.Median(values...)
}
