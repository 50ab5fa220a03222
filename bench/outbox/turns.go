package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/millrace/millrace/bench/figures"
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
	defer p.End()
	paced := 0
	if b.low > 0 {
		paced = b.warmUp() + int(b.low.Seconds()*lowRate)
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
	if d.rss, err = p.Peak(); err != nil {
		return err
	}
	t.drained = append(t.drained, d)
	return nil
}

func (b *bench) print(all []*turn) error {
	for _, t := range all {
		of := func(value func(drained) float64) float64 {
			var values []float64
			for _, d := range t.drained {
				values = append(values, value(d))
			}
			return figures.Median(values...)
		}
		found := []figures.Figure{
			figure("backlog", t.side.String(), "rate", of(func(d drained) float64 { return d.rate })),
			figure("backlog", t.side.String(), "cpu", of(func(d drained) float64 { return d.cpu })),
			figure("backlog", t.side.String(), "rss", of(func(d drained) float64 { return d.rss })),
		}
		if len(t.took) > 0 {
			found = append(found, figure("50 a second", t.side.String(), "p50", figures.Quantile(t.took, 0.5)),
				figure("50 a second", t.side.String(), "p99", figures.Quantile(t.took, 0.99)))
		}
		if err := figures.Print(os.Stdout, b.json, found...); err != nil {
			return err
		}
	}
	return nil
}

func figure(what, side, metric string, value float64) figures.Figure {
	return figures.Figure{Bench: "outbox", Case: what, Side: side, Metric: metric, Value: value}
}
