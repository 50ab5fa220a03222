package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bench/procfs"
)

// turn is what all turns of a side have shown.
type turn struct {
	side    side
	drained []drained
	took    []time.Duration
}

// turns lets the sides take turns, each run beginning with another one, and prints the figures.
func (b *bench) turns(ctx context.Context) (err error) {
	var all []*turn
	for _, s := range sides() {
		if (s.quick || !b.quick) && strings.Contains(s.String(), b.only) {
			all = append(all, &turn{side: s})
		}
	}
	if len(all) == 0 {
		return errors.New("no side is left to measure")
	}
	if err := b.prepare(ctx, all); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.clean(ctx)) }()
	for run := range b.runs {
		for i := range all {
			t := all[(i+run)%len(all)]
			if err := b.take(ctx, t, run); err != nil {
				return fmt.Errorf("%v: %w", t.side, err)
			}
			last := t.drained[len(t.drained)-1]
			note("run %d of %d: %v: %.0f rows/s, %.2f CPU s a million, %.0f MB", run+1, b.runs, t.side, last.rate, last.cpu, last.rss)
		}
	}
	return b.print(all)
}

// take is one turn: the backlog, then the latency.
func (b *bench) take(ctx context.Context, t *turn, run int) (err error) {
	dir, err := os.MkdirTemp("", "bench-outbox")
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	topic := b.slot(t, run)
	if _, err := b.admin.CreateTopic(ctx, partitions, 1, nil, topic); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	p, err := t.side.start(ctx, work{kafka: b.kafka, database: b.database, slot: b.slot(t, run), name: b.name, topic: topic, dir: dir})
	if err != nil {
		return err
	}
	defer p.end()
	paced := 0
	if b.low > 0 {
		paced = warmUp + int(b.low.Seconds()*lowRate)
	}
	r, err := b.reader(topic, p, b.written+paced)
	if err != nil {
		return err
	}
	defer r.Close()
	d, err := r.drain(ctx, b.written)
	if err != nil {
		return err
	}
	if paced > 0 {
		took, err := b.pace(ctx, r, b.written, paced)
		if err != nil {
			return err
		}
		t.took = append(t.took, took...)
		b.written += paced
	}
	if d.rss, err = procfs.Peak(p.cmd.Process.Pid); err != nil {
		return err
	}
	t.drained = append(t.drained, d)
	return nil
}

// figure is one line of output.
type figure struct {
	Bench  string  `json:"bench"`
	Case   string  `json:"case"`
	Side   string  `json:"side"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
}

func (b *bench) print(all []*turn) error {
	for _, t := range all {
		of := func(value func(drained) float64) float64 {
			var values []float64
			for _, d := range t.drained {
				values = append(values, value(d))
			}
			return quantile(values, 0.5) //nolint:mnd // the median
		}
		figures := []figure{
			{"outbox", "backlog", t.side.String(), "rate", of(func(d drained) float64 { return d.rate })},
			{"outbox", "backlog", t.side.String(), "cpu", of(func(d drained) float64 { return d.cpu })},
			{"outbox", "backlog", t.side.String(), "rss", of(func(d drained) float64 { return d.rss })},
		}
		if len(t.took) > 0 {
			figures = append(figures,
				figure{"outbox", "50 a second", t.side.String(), "p50", quantile(t.took, 0.5).Seconds() * 1e3},  //nolint:mnd // ms
				figure{"outbox", "50 a second", t.side.String(), "p99", quantile(t.took, 0.99).Seconds() * 1e3}) //nolint:mnd // ms
		}
		if err := b.show(figures...); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) show(figures ...figure) error {
	for _, f := range figures {
		if b.json {
			if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
				return err //nolint:wrapcheck // a bench
			}
		} else if _, err := fmt.Fprintf(os.Stdout, "%-12s %-20s %-6s %12.2f\n", f.Case, f.Side, f.Metric, f.Value); err != nil {
			return err //nolint:wrapcheck // a bench
		}
	}
	return nil
}

func quantile[T float64 | time.Duration](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)]
}
