package machines

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/millrace/millrace/bench/figures"
)

// turn is what all turns of a side have shown.
type turn struct {
	side  side
	shown []shown
}

// turns warms the broker up, lets the sides take turns, each run beginning with another one, and prints the figures.
func (s settings) turns(ctx context.Context) error {
	all := s.chosen()
	if len(all) == 0 {
		return errors.New("no side is left to measure")
	}
	warm := s
	warm.asks, warm.profile = s.warm, ""
	if _, err := warm.take(ctx, all[0].side); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	for run := range s.runs {
		for i := range all {
			t := all[(i+run)%len(all)]
			one := s
			if run > 0 || t.side.name != all[0].side.name {
				one.profile = ""
			}
			last, err := one.take(ctx, t.side)
			if err != nil {
				return fmt.Errorf("%s: %w", t.side.name, err)
			}
			t.shown = append(t.shown, last)
			fmt.Fprintf(os.Stderr, "run %d of %d: %s: %.0f/s, %.2f CPU s a million, %.0f MB; asks %.0f/s and %.0f/s\n",
				run+1, s.runs, t.side.name, last.rate, last.cpu, last.rss, last.one.rate, last.many.rate)
		}
	}
	var found []figures.Figure
	for _, t := range all {
		found = append(found, t.figures(s)...)
	}
	if len(all) > 1 {
		ratio := all[0].median(func(s shown) float64 { return s.rate }) / all[1].median(func(s shown) float64 { return s.rate })
		found = append(found, figures.Figure{
			Bench: "machines", Case: "backlog", Side: all[0].side.name, Metric: "rate of " + all[1].side.name, Value: ratio,
		})
	}
	return figures.Print(os.Stdout, s.json, found...)
}

// figures are a side's: medians of the runs, and quantiles of all of them.
func (t *turn) figures(s settings) (all []figures.Figure) {
	add := func(place, metric string, value float64) {
		all = append(all, figures.Figure{Bench: "machines", Case: place, Side: t.side.name, Metric: metric, Value: value})
	}
	add("backlog", "rate", t.median(func(s shown) float64 { return s.rate }))
	add("backlog", "cpu", t.median(func(s shown) float64 { return s.cpu }))
	add("backlog", "rss", t.median(func(s shown) float64 { return s.rss }))
	if s.asks == 0 {
		return all
	}
	for _, asks := range []struct {
		place string
		of    func(shown) answers
	}{
		{"ask, 1 caller", func(s shown) answers { return s.one }},
		{fmt.Sprintf("ask, %d callers", s.callers), func(s shown) answers { return s.many }},
	} {
		var took []time.Duration
		for _, one := range t.shown {
			took = append(took, asks.of(one).took...)
		}
		add(asks.place, "rate", t.median(func(s shown) float64 { return asks.of(s).rate }))
		add(asks.place, "p50", figures.Quantile(took, 0.5))  //nolint:mnd // its name
		add(asks.place, "p99", figures.Quantile(took, 0.99)) //nolint:mnd // its name
		add(asks.place, "cpu", t.median(func(s shown) float64 { return asks.of(s).cpu }))
	}
	return all
}

func (t *turn) median(of func(shown) float64) float64 {
	var values []float64
	for _, s := range t.shown {
		values = append(values, of(s))
	}
	return figures.Median(values...)
}
