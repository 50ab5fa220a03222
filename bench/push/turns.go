package push

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bench/flows/fanout"
)

// results are what all turns of a side have shown, by case.
type results struct {
	side   one
	phases map[string][]shown
	quiet  map[string][]weight
}

// turns lets the sides take turns, each run beginning with another one, and prints the figures.
func (s settings) turns(ctx context.Context, all []one) error {
	var found []*results
	for _, side := range all {
		found = append(found, &results{side, make(map[string][]shown), make(map[string][]weight)})
	}
	for _, r := range found {
		if err := s.warmUp(ctx, r.side); err != nil {
			return fmt.Errorf("%v: warm-up: %w", r.side, err)
		}
	}
	for run := range s.runs {
		for i := range found {
			r := found[(i+run)%len(found)]
			for _, clients := range s.clients {
				if err := s.take(ctx, r, clients); err != nil {
					return fmt.Errorf("%v: %d clients: %w", r.side, clients, err)
				}
				fmt.Fprintf(os.Stderr, "run %d of %d: %v: %d clients\n", run+1, s.runs, r.side, clients)
			}
		}
	}
	var lines []figures.Figure
	for _, clients := range s.clients {
		for _, r := range found {
			lines = append(lines, r.figures(clients)...)
		}
	}
	return figures.Print(os.Stdout, s.json, append(lines, ratios(s.clients, found)...)...)
}

func caseOf(clients int, phase string) string { return fmt.Sprintf("%d clients, %s", clients, phase) }

// warmUp lets a broker compile what it runs, so that whose turn is the first is not measured with that.
func (s settings) warmUp(ctx context.Context, side one) (err error) {
	if side.work.Kafka == "" || s.warm <= 0 {
		return nil
	}
	at, err := start(ctx, side.Side, side.work)
	if err != nil {
		return err
	}
	defer at.End()
	c, err := at.follow(1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	const burst, every = 16, 10 * time.Millisecond
	_, err = at.play(ctx, c, 1, fanout.Publish{Count: burst * int(s.warm/every), Burst: burst, Every: every, Size: size})
	return err
}

// follow connects so many clients, and lets that come to rest.
func (s *server) follow(clients int) (*crowd, error) {
	c, err := connect(clients, s.ready.Address, s.ready.Hello)
	if err != nil {
		return nil, err
	}
	if err := c.settle(time.Second); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// take lets a side serve so many clients, in a process of its own.
func (s settings) take(ctx context.Context, r *results, clients int) (err error) {
	at, err := start(ctx, r.side.Side, r.side.work)
	if err != nil {
		return err
	}
	defer at.End()
	before, few, err := at.idle(ctx)
	if err != nil {
		return err
	}
	c, err := at.follow(clients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	after, many, err := at.idle(ctx)
	if err != nil {
		return err
	}
	name := caseOf(clients, "idle")
	r.quiet[name] = append(r.quiet[name], weight{(after - before) / float64(clients), (many - few) / float64(clients)})
	for _, p := range phases(s.long) {
		work := p.of(clients)
		for round := range p.rounds + 1 {
			one, err := at.play(ctx, c, clients, work)
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			if round > 0 || p.rounds == 1 { // the first of several warms up
				name := caseOf(clients, p.name)
				r.phases[name] = append(r.phases[name], one)
			}
			if p.rounds == 1 {
				break
			}
		}
	}
	return nil
}

// figures are a side's with so many clients.
func (r *results) figures(clients int) (all []figures.Figure) {
	add := func(name, metric string, value float64) {
		all = append(all, figures.Figure{Bench: "push", Case: name, Side: r.side.String(), Metric: metric, Value: value})
	}
	for _, p := range phases(time.Second) {
		name := caseOf(clients, p.name)
		var rates, cpus []float64
		var times []time.Duration
		for _, one := range r.phases[name] {
			rates = append(rates, float64(one.deliveries)/one.took.Seconds())
			cpus = append(cpus, one.cpu.Seconds()/float64(one.deliveries)*1e6)
			times = append(times, one.times...)
		}
		if p.name == "burst" {
			add(name, "rate", figures.Median(rates...))
		}
		add(name, "cpu", figures.Median(cpus...))
		add(name, "p50", figures.Quantile(times, 0.5))  //nolint:mnd // its name
		add(name, "p99", figures.Quantile(times, 0.99)) //nolint:mnd // its name
	}
	name := caseOf(clients, "idle")
	var bytes, goroutines []float64
	for _, w := range r.quiet[name] {
		bytes, goroutines = append(bytes, w.bytes), append(goroutines, w.goroutines)
	}
	add(name, "bytes", figures.Median(bytes...))
	add(name, "goroutines", figures.Median(goroutines...))
	return all
}

// ratios are Millrace's figures beside those of the others.
func ratios(clients []int, all []*results) (found []figures.Figure) {
	for _, n := range clients {
		own := all[0].figures(n)
		for _, other := range all[1:] {
			for i, f := range other.figures(n) {
				f.Side, f.Metric, f.Value = all[0].side.String(), f.Metric+" of "+other.side.String(), own[i].Value/f.Value
				found = append(found, f)
			}
		}
	}
	return found
}
