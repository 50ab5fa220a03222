package count

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bench/topics"
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
	if err := topics.Read(ctx, b.brokers, w.Output, kgo.ReadCommitted(), output.add); err != nil {
		return 0, err
	}
	if err := output.check(b.records); err != nil {
		return 0, err
	}
	updates, last := 0, make(map[string]bool, keys)
	err = topics.Read(ctx, b.brokers, s.changelog(w), kgo.ReadCommitted(), func(r *kgo.Record) error {
		updates++
		last[string(r.Key)] = true
		return nil
	})
	if err == nil && len(last) < len(output.counts) {
		err = fmt.Errorf("%w: its changelog holds %d keys of %d", ErrWrong, len(last), len(output.counts))
	}
	return float64(updates) / float64(b.records), err
}
