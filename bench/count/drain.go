package count

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/bench/topics"
)

// drained is what a side took to work off the backlog.
type drained struct{ rate, cpu, rss, logged float64 }

const (
	tick       = time.Millisecond
	look       = 20 * tick // between two looks at the committed offsets
	drainLimit = 10 * time.Minute
)

// drain lets the side work off the input. The rate is that from the first committed offset that is seen to the last, so
// that neither start nor joining the group count; cpu is used in the same time.
func (b *bench) drain(ctx context.Context, s side, shards int) (d drained, err error) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	w, clean, err := b.prepare(ctx, shards, b.inputs[shards])
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	p, err := process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) { return s.command(ctx, w) })
	if err != nil {
		return d, err
	}
	defer p.End()
	var first, last progress
	for last.records < b.records {
		if err := errors.Join(pause(ctx, look), p.Alive()); err != nil {
			return d, fmt.Errorf("after %d records: %w", last.records, err)
		}
		if last, err = b.progress(ctx, w, p); err != nil {
			return d, err
		}
		if first.records == 0 {
			first = last
		}
	}
	if d.rss, err = p.Peak(); err != nil {
		return d, err
	}
	p.End()
	n := float64(last.records - first.records)
	d.rate, d.cpu = n/last.at.Sub(first.at).Seconds(), (last.cpu-first.cpu).Seconds()/n*1e6
	d.logged, err = b.verify(ctx, s, w)
	return d, err
}

// progress is how far a side had come when it was looked at.
type progress struct {
	records int
	at      time.Time
	cpu     time.Duration
}

// progress sums the offsets that the group has committed.
func (b *bench) progress(ctx context.Context, w Work, p *process.Process) (progress, error) {
	records, err := topics.Committed(ctx, b.admin, w.Group, w.Input)
	if err != nil {
		return progress{}, err
	}
	now := progress{records: records, at: time.Now()}
	now.cpu, err = p.CPU()
	return now, err
}

// prepare makes the topics and the folder for one turn of a side; clean removes them, and the side's own topics.
func (b *bench) prepare(ctx context.Context, shards int, input string) (w Work, clean func() error, err error) {
	group := "count-" + uuid.NewString()
	w = Work{Brokers: b.brokers, Input: input, Output: group + "-output", Changelog: group + "-changelog", Group: group, Shards: shards, Lanes: 2}
	if w.Dir, err = os.MkdirTemp("", "millrace-count"); err != nil {
		return w, nil, err //nolint:wrapcheck // a bench
	}
	clean = func() error {
		ctx := context.WithoutCancel(ctx)
		return errors.Join(topics.Remove(ctx, b.admin, group), os.RemoveAll(w.Dir))
	}
	if err := b.create(ctx, shards, nil, w.Output); err != nil {
		return w, nil, errors.Join(err, clean())
	}
	compact := "compact"
	if err := b.create(ctx, shards, map[string]*string{"cleanup.policy": &compact}, w.Changelog); err != nil {
		return w, nil, errors.Join(err, clean())
	}
	return w, clean, nil
}

func (b *bench) create(ctx context.Context, partitions int, configs map[string]*string, topic string) error {
	made, err := b.admin.CreateTopics(ctx, int32(partitions), 1, configs, topic) //nolint:gosec // few
	return errors.Join(err, made.Error())
}

// pause waits, or fails when the context ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
