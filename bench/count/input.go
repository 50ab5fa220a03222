package count

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// An input record's key is a decimal number below keys; its value begins with the time at which it was produced.
const (
	keys      = 100_000
	keySize   = 5
	valueSize = 200
	timeSize  = 8 // nanoseconds of Unix time, big endian
	seed      = 4
)

// input makes the same records in the same order every time. The first sweep records have a key each, those after them
// keys at random, or all do where it is zero.
type input struct {
	random *rand.Rand
	sweep  int64
	made   int64
	rest   [valueSize - timeSize]byte
}

func newInput() *input {
	in := &input{random: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // it must repeat
	for i := range in.rest {
		in.rest[i] = byte(in.random.Uint32()) //nolint:gosec // its low byte
	}
	return in
}

// next is the next record, with the time in it.
func (in *input) next(topic string, now time.Time) *kgo.Record {
	number := in.made
	if in.made++; number >= in.sweep {
		number = in.random.Int64N(max(in.sweep, keys))
	}
	key := strconv.AppendInt(make([]byte, 0, keySize), number, 10)
	value := binary.BigEndian.AppendUint64(make([]byte, 0, valueSize), uint64(now.UnixNano()))
	return &kgo.Record{Topic: topic, Key: key, Value: append(value, in.rest[:]...)}
}

// expected is how often each key is among the first n records.
func expected(n int) map[string]uint64 {
	in, counts := newInput(), make(map[string]uint64, keys)
	for range n {
		counts[string(in.next("", time.Unix(0, 0)).Key)]++
	}
	return counts
}

// load fills the topic with n records.
func load(ctx context.Context, client *kgo.Client, topic string, n int) error {
	var failed atomic.Pointer[error]
	in, began := newInput(), time.Now()
	for range n {
		client.Produce(ctx, in.next(topic, began), func(_ *kgo.Record, err error) {
			if err != nil {
				failed.CompareAndSwap(nil, &err)
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return fmt.Errorf("load: %w", err)
	}
	if err := failed.Load(); err != nil {
		return fmt.Errorf("load: %w", *err)
	}
	return nil
}
