package sagas

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/sides"
)

type result = sides.Phase[flows.Mark]

// turn is what all turns of a side have shown, by phase.
type turn struct {
	side   side
	phases map[string][]result
}

// turns lets the sides take turns, each run beginning with another one, and prints the figures.
func (s settings) turns(ctx context.Context, all []*turn) error {
	if err := s.warmUp(ctx, all[0].side); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	for run := range s.runs {
		for i := range all {
			t := all[(i+run)%len(all)]
			work := s.work
			work.Waiting = t.side.waiting
			if t.side.Folder == "" && run == 0 {
				work.Profile = s.profile
			}
			phases, err := take(ctx, t.side, work)
			if err != nil {
				return fmt.Errorf("%v: %w", t.side, err)
			}
			for _, p := range phases {
				t.phases[p.Mark.Phase] = append(t.phases[p.Mark.Phase], p)
				fmt.Fprintf(os.Stderr, "run %d of %d: %v: %s: %d flows in %v\n",
					run+1, s.runs, t.side, p.Mark.Phase, p.Mark.Flows, p.Mark.Took.Round(time.Millisecond))
			}
		}
	}
	var found []figures.Figure
	for _, t := range all {
		found = append(found, t.figures(s)...)
	}
	for _, other := range all[1:] {
		if all[0].side.Folder == "" {
			ratio := all[0].median(flows.Together, rate) / other.median(flows.Together, rate)
			found = append(found, figures.Figure{
				Bench: "sagas", Case: s.place(flows.Together), Side: all[0].side.String(), Metric: "rate of " + other.side.String(), Value: ratio,
			})
		}
	}
	return figures.Print(os.Stdout, s.json, found...)
}

// warmUp lets Millrace work once without being measured: a broker that has just been started is slow until it is compiled.
func (s settings) warmUp(ctx context.Context, first side) error {
	if first.Folder != "" {
		return nil
	}
	work := s.work
	work.Alone, work.Together = s.warm, s.warm
	_, err := take(ctx, first, work)
	return err
}

// take lets a side do the work, in a process of its own.
func take(ctx context.Context, on side, w flows.Work) ([]result, error) {
	w.URL, w.Name = on.Address, "b"+uuid.NewString()[:8]
	return sides.Take[flows.Mark](ctx, on.Side, w, w.Phases())
}

// place names a phase.
func (s settings) place(name string) string {
	return map[string]string{
		flows.Alone: "1 at once", flows.Together: fmt.Sprintf("%d at once", s.work.Concurrent), flows.Waiting: "waiting", flows.Woken: "woken",
	}[name]
}

// figures are a side's: medians of the runs, and quantiles of all of them.
func (t *turn) figures(s settings) (all []figures.Figure) {
	for _, name := range []string{flows.Alone, flows.Together, flows.Waiting, flows.Woken} {
		add := func(metric string, value float64) {
			all = append(all, figures.Figure{Bench: "sagas", Case: s.place(name), Side: t.side.String(), Metric: metric, Value: value})
		}
		var flow, step []time.Duration
		for _, p := range t.phases[name] {
			flow, step = append(flow, p.Mark.Flow...), append(step, p.Mark.Step...)
		}
		if len(t.phases[name]) == 0 {
			continue
		}
		if name == flows.Together || name == flows.Waiting {
			add("rate", t.median(name, rate))
		}
		if len(flow) > 0 {
			add("p50", figures.Quantile(flow, 0.5))  //nolint:mnd // its name
			add("p99", figures.Quantile(flow, 0.99)) //nolint:mnd // its name
		}
		if len(step) > 0 {
			add("step p50", figures.Quantile(step, 0.5))  //nolint:mnd // its name
			add("step p99", figures.Quantile(step, 0.99)) //nolint:mnd // its name
		}
		switch name {
		case flows.Together:
			add("cpu", t.median(name, cpu))
			if server := t.median(name, serverCPU); server > 0 {
				add("server cpu", server)
			}
		case flows.Waiting:
			add("flows", t.median(name, count))
			add("bytes", t.median(name, growth))
		}
	}
	return all
}

func rate(p result) float64      { return float64(p.Mark.Flows) / p.Mark.Took.Seconds() }
func cpu(p result) float64       { return p.Used.CPU.Seconds() / count(p) * 1e6 }
func serverCPU(p result) float64 { return p.Used.Server.Seconds() / count(p) * 1e6 }
func count(p result) float64     { return float64(p.Mark.Flows) }
func growth(p result) float64    { return p.Used.Resident / count(p) * 1e6 }

func (t *turn) median(name string, of func(result) float64) float64 {
	var values []float64
	for _, p := range t.phases[name] {
		values = append(values, of(p))
	}
	return figures.Median(values...)
}
