package count

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/process"
)

const paceLimit = time.Minute

// stretch is a part of a pace.
type stretch struct {
	records, rate int
}

// pacing is what is measured, last, and what comes before it: a burst, and the time in which a broker that has just
// started compiles the way of small transactions, without which the slowest hundredth is its compiler's.
func (b *bench) pacing(rate int, long time.Duration) []stretch {
	const burst, warm = 20_000, 20
	measured := stretch{int(float64(rate) * long.Seconds()), rate}
	if b.quick {
		return []stretch{{burst, burst}, measured}
	}
	return []stretch{{burst, burst}, {warm * lowRate, lowRate}, measured}
}

// pace produces so many records a second for a while, and returns how long each took from its production until a
// consumer of committed records had the output. What it reads is verified as after drain.
func (b *bench) pace(ctx context.Context, s side, rate int, long time.Duration) (took []time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, long+paceLimit)
	defer cancel()
	input := "count-paced-" + fmt.Sprint(time.Now().UnixNano())
	if err := b.create(ctx, usualShards, nil, input); err != nil {
		return nil, err
	}
	w, clean, err := b.prepare(ctx, usualShards, input)
	if err != nil {
		return nil, err
	}
	defer func() {
		_, failed := b.admin.DeleteTopics(context.WithoutCancel(ctx), input)
		err = errors.Join(err, failed, clean())
	}()
	p, err := process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) { return s.command(ctx, w) })
	if err != nil {
		return nil, err
	}
	defer p.End()
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeTopics(w.Output),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	defer reader.Close()
	out := output{reader: reader, tally: tally{counts: map[string]uint64{}}, observe: func(_ *kgo.Record, one time.Duration) {
		took = append(took, one)
	}}
	in, sum := newInput(), 0
	for _, l := range b.pacing(rate, long) {
		took, sum = make([]time.Duration, 0, l.records), sum+l.records
		produced := make(chan error, 1)
		go func() { produced <- b.produce(ctx, in, input, l.records, l.rate) }()
		if err := errors.Join(out.await(ctx, sum), <-produced); err != nil {
			return nil, errors.Join(err, p.Alive())
		}
	}
	return took, out.check(sum)
}

// produce sends n records, so many a second, in steps of a millisecond or of one record.
func (b *bench) produce(ctx context.Context, in *input, topic string, n, rate int) error {
	var failed error // read after Flush
	began := time.Now()
	for sent := 0; sent < n; {
		due := min(n, int(time.Since(began).Seconds()*float64(rate))+1)
		for ; sent < due; sent++ {
			b.prompt.Produce(ctx, in.next(topic, time.Now()), func(_ *kgo.Record, err error) { failed = errors.Join(failed, err) })
		}
		if err := pause(ctx, max(tick, time.Until(began.Add(time.Duration(float64(sent)/float64(rate)*1e9))))); err != nil {
			return err
		}
	}
	return errors.Join(b.prompt.Flush(ctx), failed)
}

// output follows what a side emits.
type output struct {
	tally
	reader *kgo.Client
	// observe is told how long each record took since its input was produced.
	observe func(r *kgo.Record, took time.Duration)
}

// await reads until there were n records.
func (o *output) await(ctx context.Context, n int) error {
	for o.records < n && ctx.Err() == nil {
		if err := o.poll(ctx, time.Second); err != nil {
			return err
		}
	}
	if o.records < n {
		return fmt.Errorf("%d output records of %d: %w", o.records, n, ctx.Err())
	}
	return nil
}

// poll reads what there is, or waits for it at most so long.
func (o *output) poll(ctx context.Context, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	fetches := o.reader.PollFetches(ctx)
	if err := fetches.Err(); err != nil && ctx.Err() == nil {
		return err //nolint:wrapcheck // a bench
	}
	now := time.Now()
	for _, r := range fetches.Records() {
		if err := o.add(r); err != nil {
			return err
		}
		o.observe(r, now.Sub(produced(r)))
	}
	return nil
}

// produced is when the input of an output record was produced.
func produced(r *kgo.Record) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(r.Value[countSize:]))) //nolint:gosec // a time
}
