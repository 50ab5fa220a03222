package count

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/figures"
)

// turn is what all turns of a side have shown, with a number of shards.
type turn struct {
	side      side
	shards    int
	drained   []drained
	low, full []time.Duration
}

// turns lists the sides to measure.
func (b *bench) turns() []*turn {
	var all []*turn
	for _, shards := range b.shards {
		for _, s := range sides() {
			if (shards == usualShards || s.spread) && (s.quick || !b.quick) && strings.Contains(s.String(), b.only) {
				all = append(all, &turn{side: s, shards: shards})
			}
		}
	}
	return all
}

// run fills the inputs, lets the sides take turns, and prints the figures.
func (b *bench) run(ctx context.Context) error {
	all := b.turns()
	for _, t := range all {
		if b.inputs[t.shards] != "" {
			continue
		}
		b.inputs[t.shards] = "count-input-" + uuid.NewString()
		if err := b.create(ctx, t.shards, nil, b.inputs[t.shards]); err != nil {
			return err
		}
		began := time.Now()
		if err := load(ctx, b.bulk, b.inputs[t.shards], b.records); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "loaded %d records into %d partitions in %v\n", b.records, t.shards, time.Since(began).Round(tick))
	}
	if len(all) == 0 {
		return errors.New("no side is left to measure")
	}
	if _, err := b.drain(ctx, all[0].side, all[0].shards); err != nil { // so that no side has a cold broker
		return fmt.Errorf("warm-up: %w", err)
	}
	for run := range b.runs {
		for _, t := range all {
			if err := b.take(ctx, t); err != nil {
				return fmt.Errorf("%v, %d shards: %w", t.side, t.shards, err)
			}
			last := t.drained[run]
			fmt.Fprintf(os.Stderr, "run %d of %d: %v, %d shards: %.0f/s, %.2f CPU s a million, %.0f MB, %.2f changelog records a record\n",
				run+1, b.runs, t.side, t.shards, last.rate, last.cpu, last.rss, last.logged)
		}
	}
	var found []figures.Figure
	for _, t := range all {
		found = append(found, t.figures(all)...)
	}
	return figures.Print(os.Stdout, b.json, found...)
}

// take measures one turn.
func (b *bench) take(ctx context.Context, t *turn) error {
	d, err := b.drain(ctx, t.side, t.shards)
	if err != nil {
		return err
	}
	t.drained = append(t.drained, d)
	if !t.side.paced || t.shards != usualShards {
		return nil
	}
	if b.low > 0 {
		took, err := b.pace(ctx, t.side, lowRate, b.low)
		if err != nil {
			return fmt.Errorf("low load: %w", err)
		}
		t.low = append(t.low, took...)
	}
	if b.full > 0 {
		took, err := b.pace(ctx, t.side, b.load, b.full)
		if err != nil {
			return fmt.Errorf("full load: %w", err)
		}
		t.full = append(t.full, took...)
	}
	return nil
}

// figures are the medians of a side, and how its rate compares with those of other libraries on as many shards.
func (t *turn) figures(all []*turn) []figures.Figure {
	place := fmt.Sprintf("%d shards", t.shards)
	if t.side.variant != "" {
		place += ", " + t.side.variant
	}
	f := func(metric string, value float64) figures.Figure {
		return figures.Figure{Bench: "partitions", Case: place, Side: t.side.name, Metric: metric, Value: value}
	}
	lines := []figures.Figure{f("rate", t.median(rate)), f("cpu", t.median(cpu)), f("rss", t.median(rss)), f("changelog", t.median(logged))}
	for load, took := range map[string][]time.Duration{"low load": t.low, "full load": t.full} {
		if len(took) > 0 {
			for metric, q := range map[string]float64{"p50": 0.5, "p99": 0.99} {
				lines = append(lines, figures.Figure{
					Bench: "partitions", Case: place + ", " + load, Side: t.side.name, Metric: metric, Value: figures.Quantile(took, q),
				})
			}
		}
	}
	for _, other := range all {
		if other.side.name != t.side.name && other.shards == t.shards {
			lines = append(lines, f("rate of "+other.side.String(), t.median(rate)/other.median(rate)))
		}
	}
	return lines
}

func rate(d drained) float64   { return d.rate }
func cpu(d drained) float64    { return d.cpu }
func rss(d drained) float64    { return d.rss }
func logged(d drained) float64 { return d.logged }

func (t *turn) median(of func(drained) float64) float64 {
	var values []float64
	for _, d := range t.drained {
		values = append(values, of(d))
	}
	return figures.Median(values...)
}
