package outbox

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/process"
)

// drained is what a side took for the backlog.
type drained struct{ rate, cpu, rss float64 }

const (
	fetchBytes = 16 << 20
	stall      = time.Minute // without a record, after the first
	begin      = 5 * time.Minute
)

// reader consumes what a side has committed.
type reader struct {
	*kgo.Client
	*tally
	side *process.Process
}

func (b *bench) reader(topic string, p *process.Process, rows int) (*reader, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxPartitionBytes(fetchBytes), kgo.FetchMaxBytes(fetchBytes))
	return &reader{client, newTally(rows), p}, err //nolint:wrapcheck // a bench
}

// take reads what is there, and hands each row's number to each.
func (r *reader) take(ctx context.Context, patience time.Duration, each func(value []byte)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	fetches := r.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		return fmt.Errorf("after %d rows: %w", r.count, err)
	}
	for record := range fetches.RecordsAll() {
		if err := r.add(record.Key, record.Value); err != nil {
			return err
		}
		each(record.Value)
	}
	return r.side.Alive()
}

// drain reads the backlog. The rate is that from the first rows that are seen to the last, so that no side's start
// counts; cpu is used in the same time.
func (r *reader) drain(ctx context.Context, rows int) (d drained, err error) {
	none := func([]byte) {}
	for r.count == 0 {
		if err := r.take(ctx, begin, none); err != nil {
			return d, err
		}
	}
	first, began := r.count, time.Now()
	before, err := r.side.CPU()
	if err != nil {
		return d, err
	}
	for r.count < rows {
		if err := r.take(ctx, stall, none); err != nil {
			return d, err
		}
	}
	took := time.Since(began)
	after, err := r.side.CPU()
	if err != nil {
		return d, err
	}
	read := float64(rows - first)
	d.rate, d.cpu = read/took.Seconds(), (after-before).Seconds()/read*1e6
	d.rss, err = r.side.Peak()
	return d, err
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
