package count

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	warmup    = 20_000 // records in a burst before anything is measured
	paceLimit = time.Minute
)

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
	p, err := start(ctx, s, w)
	if err != nil {
		return nil, err
	}
	defer p.end()
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeTopics(w.Output),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	defer reader.Close()
	out := output{reader: reader, tally: tally{counts: map[string]uint64{}}}
	in := newInput()
	if err := errors.Join(b.produce(ctx, in, input, warmup, warmup), out.await(ctx, warmup)); err != nil {
		return nil, errors.Join(err, p.alive())
	}
	n := int(float64(rate) * long.Seconds())
	out.took = make([]time.Duration, 0, n)
	var wg sync.WaitGroup
	wg.Go(func() { err = b.produce(ctx, in, input, n, rate) })
	failed := out.await(ctx, warmup+n)
	wg.Wait()
	if err := errors.Join(err, failed); err != nil {
		return nil, errors.Join(err, p.alive())
	}
	return out.took, out.check(warmup + n)
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
	took   []time.Duration // kept when it has room
}

// await reads until there were n records.
func (o *output) await(ctx context.Context, n int) error {
	for o.records < n {
		fetches := o.reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("after %d records: %w", o.records, err)
		}
		now := time.Now()
		for _, r := range fetches.Records() {
			if err := o.add(r); err != nil {
				return err
			}
			if cap(o.took) > 0 {
				o.took = append(o.took, now.Sub(time.Unix(0, int64(binary.BigEndian.Uint64(r.Value[countSize:]))))) //nolint:gosec // a time
			}
		}
	}
	return nil
}
