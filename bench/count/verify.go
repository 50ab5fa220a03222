package count

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// An output record's value is the key's new count and the time of the input record.
const (
	countSize  = 8 // big endian
	outputSize = countSize + timeSize
)

// ErrWrong is found in the error of a side whose output is not that of each input record exactly once.
var ErrWrong = errors.New("the side is wrong")

// tally follows the output of a side.
type tally struct {
	counts  map[string]uint64
	records int
}

// add takes one output record: each count of a key is one more than the one before.
func (t *tally) add(r *kgo.Record) error {
	if len(r.Value) != outputSize {
		return fmt.Errorf("%w: a value of %d bytes", ErrWrong, len(r.Value))
	}
	count := binary.BigEndian.Uint64(r.Value)
	if before := t.counts[string(r.Key)]; count != before+1 {
		return fmt.Errorf("%w: key %s counts %d after %d", ErrWrong, r.Key, count, before)
	}
	t.counts[string(r.Key)] = count
	t.records++
	return nil
}

// check says whether the output is that of n input records.
func (t *tally) check(n int) error {
	if t.records != n {
		return fmt.Errorf("%w: %d output records for %d input records", ErrWrong, t.records, n)
	}
	for key, want := range expected(n) {
		if t.counts[key] != want {
			return fmt.Errorf("%w: key %s counted to %d, not %d", ErrWrong, key, t.counts[key], want)
		}
	}
	return nil
}

// verify reads the output of a side that has ended, and returns the records that its changelog holds for each input record.
func (b *bench) verify(ctx context.Context, s side, w Work) (logged float64, err error) {
	output := tally{counts: make(map[string]uint64, keys)}
	if err := b.read(ctx, w.Output, kgo.ReadCommitted(), output.add); err != nil {
		return 0, err
	}
	if err := output.check(b.records); err != nil {
		return 0, err
	}
	updates, last := 0, make(map[string]bool, keys)
	err = b.read(ctx, s.changelog(w), kgo.ReadCommitted(), func(r *kgo.Record) error {
		updates++
		last[string(r.Key)] = true
		return nil
	})
	if err == nil && len(last) < len(output.counts) {
		err = fmt.Errorf("%w: its changelog holds %d keys of %d", ErrWrong, len(last), len(output.counts))
	}
	return float64(updates) / float64(b.records), err
}

// read calls handle with every record of the topic that the isolation level shows, when no transaction is open in it any more.
func (b *bench) read(ctx context.Context, topic string, level kgo.IsolationLevel, handle func(*kgo.Record) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ends, err := b.settled(ctx, topic)
	if err != nil {
		return err
	}
	left, from := map[int32]int64{}, map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		if end.Offset > 0 {
			left[end.Partition], from[end.Partition] = end.Offset, kgo.NewOffset().At(0)
		}
	})
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.brokers...), kgo.FetchIsolationLevel(level), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer reader.Close()
	for len(left) > 0 {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		for _, r := range fetches.Records() {
			if !r.Attrs.IsControl() {
				if err := handle(r); err != nil {
					return err
				}
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		}
	}
	return nil
}

// settled waits until all that the topic holds is committed or aborted, and returns where its partitions end.
func (b *bench) settled(ctx context.Context, topic string) (kadm.ListedOffsets, error) {
	for {
		stable, err := b.admin.ListCommittedOffsets(ctx, topic)
		if err != nil {
			return nil, err //nolint:wrapcheck // a bench
		}
		ends, err := b.admin.ListEndOffsets(ctx, topic)
		if err != nil {
			return nil, err //nolint:wrapcheck // a bench
		}
		open := false
		ends.Each(func(end kadm.ListedOffset) {
			at, ok := stable.Lookup(topic, end.Partition)
			open = open || !ok || at.Offset != end.Offset
		})
		if !open {
			return ends, ends.Error() //nolint:wrapcheck // a bench
		}
		if err := pause(ctx, 10*tick); err != nil {
			return nil, err
		}
	}
}
