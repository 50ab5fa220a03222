package partitions

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"weak"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
)

// laneFor is a lane without brokers whose shards are live.
func laneFor(t *testing.T, shards int32, opts ...Option) *lane {
	t.Helper()
	c, err := newConfig("group", opts)
	if err != nil {
		t.Fatal(err)
	}
	l := &lane{engine: &engine{bus: &bus.Bus{}, config: c, logger: slog.New(slog.DiscardHandler)}, shards: make(map[int32]*shard)}
	for id := range shards {
		s := &shard{id: id, lane: l, offsets: map[string]int64{}}
		s.ctx, s.cancel = context.WithCancelCause(t.Context()) //nolint:fatcontext // a life of its own for each shard
		t.Cleanup(func() { s.cancel(nil); s.tasks.Wait() })
		l.shards[id] = s
	}
	return l
}

// TestWholeRecordsCostNothing takes what was polled, of a contract whose payloads may stand elsewhere, and of which none does: nothing is allocated.
func TestWholeRecordsCostNothing(t *testing.T) { //nolint:paralleltest // AllocsPerRun counts the whole process
	var store claimchecktest.Memory
	codec, err := claimcheck.Codec(bus.JSON[string](), &store, claimcheck.Place[string]{Topic: "texts"})
	if err != nil {
		t.Fatal(err)
	}
	event := bus.Define("test.text.said", func(s string) string { return s }, bus.InTopic("texts")).Encoded(codec)
	l := laneFor(t, 1, On(event, func(*Tx, string) error { return nil }))
	var records []*kgo.Record
	for i := range 100 {
		records = append(records, &kgo.Record{
			Topic: "texts", Offset: int64(i), Value: []byte(`{"text":"M\u00fchlgraben"}`),
			Headers: []kgo.RecordHeader{{Key: bus.HeaderType, Value: []byte("test.text.said")}},
		})
	}
	l.pending = make([]*kgo.Record, 0, len(records))
	if allocated := testing.AllocsPerRun(100, func() {
		l.pending = l.pending[:0]
		l.admit(place{"texts", 0}, records)
	}); allocated != 0 || len(l.pending) != len(records) || len(l.asides.of) != 0 {
		t.Errorf("%v allocations for %d records, of which %d are pending", allocated, len(records), len(l.pending))
	}
}

// sized is a codec of sizes, all of which stand elsewhere and come when they are let.
type sized struct {
	bus.Codec[int64]

	let chan struct{}
}

func (sized) Refers(data []byte) (int64, bool) {
	size, err := strconv.ParseInt(string(data), 10, 64)
	return size, err == nil
}

func (s sized) Fetch(ctx context.Context, _ []byte) (bus.Codec[int64], error) {
	select {
	case <-s.let:
		return s.Codec, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestFetchedBytes begins to fetch in order what fits into 64 MiB together with what was fetched and is not committed, and what is larger,
// or of a size that nobody knows, alone. Nothing keeps a payload once its transaction is committed.
func TestFetchedBytes(t *testing.T) {
	t.Parallel()
	codec := sized{bus.JSON[int64](), make(chan struct{})}
	event := bus.Define("test.sizes.told", func(int64) string { return "" }, bus.InTopic("sizes")).Encoded(codec)
	sizes := []int64{40 << 20, 20 << 20, 30 << 20, 1, 100 << 20, math.MaxInt64, 1, 0, 1}
	l := laneFor(t, int32(len(sizes)), On(event, func(*Tx, int64) error { return nil }))
	for i, size := range sizes {
		l.admit(place{"sizes", int32(i)}, []*kgo.Record{{
			Topic: "sizes", Partition: int32(i), Value: strconv.AppendInt(nil, size, 10),
			Headers: []kgo.RecordHeader{{Key: bus.HeaderType, Value: []byte("test.sizes.told")}},
		}})
	}
	var held []weak.Pointer[aside]
	for _, a := range l.asides.of {
		held = append(held, weak.Make(a))
	}
	woken := make(chan struct{}, len(sizes))
	l.wake = func() { woken <- struct{}{} }
	for _, want := range []int{2, 2, 1, 1, 1, 1, 1} {
		l.gather(t.Context())
		if l.asides.fetching != want {
			t.Fatalf("%d are fetched at once, want %d: %d bytes are here, and %d wait", l.asides.fetching, want, l.asides.bytes, len(l.asides.waiting))
		}
		before := l.asides.bytes
		for range want {
			codec.let <- struct{}{}
		}
		for range want {
			<-woken
		}
		l.gather(t.Context())
		if l.asides.fetching != 0 || l.asides.bytes != before || len(l.asides.fetched) != want {
			t.Fatalf("%d are fetched though %d are not committed", l.asides.fetching, len(l.asides.fetched))
		}
		for raw := range l.asides.fetched {
			l.shards[raw.Partition].offsets[raw.Topic] = raw.Offset + 1
		}
	}
	if l.gather(t.Context()); len(l.pending) != len(sizes) || l.asides.bytes != 0 || len(l.asides.of) != 0 {
		t.Errorf("%d are pending, %d bytes are counted", len(l.pending), l.asides.bytes)
	}
	for _, s := range l.shards {
		s.tasks.Wait()
	}
	runtime.GC()
	for _, a := range held {
		if a.Value() != nil {
			t.Error("a payload is held on")
		}
	}
}

// TestAsideIsBounded polls on while a payload is fetched: the broker is asked for no more of the partition once there is a batch, or as many bytes as one
// fetch has, and is asked again when the payload is here.
func TestAsideIsBounded(t *testing.T) {
	t.Parallel()
	codec := sized{bus.JSON[int64](), make(chan struct{})}
	event := bus.Define("test.sizes.told", func(int64) string { return "" }, bus.InTopic("sizes")).Encoded(codec)
	l := laneFor(t, 2, On(event, func(*Tx, int64) error { return nil }), MaxBatch(10))
	var err error
	if l.consumer, err = kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.consumer.Close)
	woken := make(chan struct{}, 10)
	l.wake = func() { woken <- struct{}{} }
	record := func(partition int32, offset int64, value string) *kgo.Record {
		return &kgo.Record{
			Topic: "sizes", Partition: partition, Offset: offset, Value: []byte(value),
			Headers: []kgo.RecordHeader{{Key: bus.HeaderType, Value: []byte("test.sizes.told")}},
		}
	}
	paused := func(want ...int32) {
		t.Helper()
		got := l.consumer.PauseFetchPartitions(nil)["sizes"]
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("paused are %v, want %v", got, want)
		}
	}
	l.admit(place{"sizes", 0}, []*kgo.Record{record(0, 0, "whole"), record(0, 1, "1")})
	l.admit(place{"sizes", 1}, []*kgo.Record{record(1, 0, "1")})
	l.gather(t.Context())
	for offset := range int64(8) {
		l.admit(place{"sizes", 0}, []*kgo.Record{record(0, 2+offset, "whole")})
	}
	paused()
	l.admit(place{"sizes", 0}, []*kgo.Record{record(0, 10, "2")})
	paused(0)
	l.admit(place{"sizes", 1}, []*kgo.Record{record(1, 1, strings.Repeat("x", int(l.engine.config.fetched())))})
	paused(0, 1)
	if len(l.pending) != 1 {
		t.Errorf("%d are pending", len(l.pending))
	}
	l.shards[1].offsets["sizes"] = 0
	l.shards[1].cancel(ErrNotOwner)
	<-woken // the one that goes has ended
	l.gather(t.Context())
	paused(0)
	codec.let <- struct{}{}
	<-woken
	l.gather(t.Context())
	paused()
	if len(l.pending) != 10 || l.asides.of[place{"sizes", 0}] == nil || len(l.asides.of) != 1 {
		t.Errorf("%d are pending, and of %d places some are aside", len(l.pending), len(l.asides.of))
	}
	for i, r := range l.pending {
		if r.Offset != int64(i) {
			t.Errorf("record %d is at %d", r.Offset, i)
		}
	}
}
