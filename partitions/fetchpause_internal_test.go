//go:build synctests

package partitions

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// fickle is a codec of sizes, of which those of one byte are away.
type fickle struct{ sized }

func (f fickle) Fetch(ctx context.Context, data []byte) (bus.Codec[int64], error) {
	if string(data) == "1" {
		return nil, resilience.Transient(context.DeadlineExceeded)
	}
	return f.sized.Fetch(ctx, data)
}

func told(partition int32, size int64) []*kgo.Record {
	return []*kgo.Record{{
		Topic: "sizes", Partition: partition, Value: strconv.AppendInt(nil, size, 10),
		Headers: []kgo.RecordHeader{{Key: bus.HeaderType, Value: []byte("test.sizes.told")}},
	}}
}

// TestFetchPauses has as many payloads that are away as a lane fetches at once: while they are waited for, another is fetched, and what goes is forgotten.
func TestFetchPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		codec := fickle{sized{bus.JSON[int64](), make(chan struct{})}}
		event := bus.Define("test.sizes.told", func(int64) string { return "" }, bus.InTopic("sizes")).Encoded(codec)
		l := laneFor(t, maxFetching+2, On(event, func(*Tx, int64) error { return nil }))
		var err error
		if l.consumer, err = kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1")); err != nil {
			t.Fatal(err)
		}
		defer l.consumer.Close()
		woken := make(chan struct{}, 100)
		l.wake = func() { woken <- struct{}{} }
		holds := func(when string, fetching, pausing, waiting int, bytes int64) {
			t.Helper()
			if a := &l.asides; a.fetching != fetching || a.pausing != pausing || len(a.waiting) != waiting || a.bytes != bytes {
				t.Fatalf("%s, %d are fetched of %d bytes, %d pause and %d wait", when, a.fetching, a.bytes, a.pausing, len(a.waiting))
			}
		}
		for i := range int32(maxFetching) {
			l.admit(place{"sizes", i}, told(i, 1))
		}
		l.gather(t.Context())
		holds("at first", maxFetching, 0, 0, maxFetching)
		for range maxFetching {
			<-woken
		}
		l.gather(t.Context())
		holds("once they have failed", 0, maxFetching, 0, 0)
		l.admit(place{"sizes", maxFetching}, told(maxFetching, maxFetchedBytes))
		l.gather(t.Context())
		holds("with another", 1, maxFetching, 0, maxFetchedBytes)
		for range maxFetching {
			<-woken
		}
		l.gather(t.Context())
		holds("after the pause", 1, 0, maxFetching, maxFetchedBytes)
		waiting := l.asides.waiting
		for i := range int32(maxFetching) {
			l.shards[i].offsets["sizes"] = 0
			l.shards[i].cancel(ErrNotOwner)
		}
		codec.let <- struct{}{}
		<-woken
		l.gather(t.Context())
		holds("once the others have gone", 0, 0, 0, maxFetchedBytes)
		if len(l.pending) != 1 || len(l.asides.of) != 0 || len(l.shards) != 2 || waiting[0] != nil {
			t.Errorf("%d are pending, %d aside, and %d shards are here", len(l.pending), len(l.asides.of), len(l.shards))
		}
	})
}

// TestFetchPauseEnds lets a shard go whose payload is waited for: nothing is left of it.
func TestFetchPauseEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		codec := fickle{sized{bus.JSON[int64](), make(chan struct{})}}
		event := bus.Define("test.sizes.told", func(int64) string { return "" }, bus.InTopic("sizes")).Encoded(codec)
		l := laneFor(t, 1, On(event, func(*Tx, int64) error { return nil }))
		var err error
		if l.consumer, err = kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1")); err != nil {
			t.Fatal(err)
		}
		defer l.consumer.Close()
		woken := make(chan struct{}, 100)
		l.wake = func() { woken <- struct{}{} }
		l.shards[0].offsets["sizes"] = 0
		l.admit(place{"sizes", 0}, told(0, 1))
		l.gather(t.Context())
		<-woken
		l.gather(t.Context())
		l.shards[0].cancel(ErrNotOwner)
		l.sweep()
		<-woken
		l.gather(t.Context())
		if a := &l.asides; len(l.arrived)+len(a.of)+len(a.waiting)+a.fetching+a.pausing != 0 || a.bytes != 0 {
			t.Errorf("left are %d that arrived, and %+v", len(l.arrived), *a)
		}
	})
}

// TestRedriveOtherRecord has another record in the row whose record was fetched for: what was fetched does not handle it.
func TestRedriveOtherRecord(t *testing.T) {
	t.Parallel()
	var handled []string
	note := func(what string) func(*Tx) error {
		return func(*Tx) error { handled = append(handled, what); return nil }
	}
	l := laneFor(t, 1, OnRecord("sizes", func(tx *Tx, _ bus.Record) error { return note("whole")(tx) }))
	record := bus.Record{Topic: "sizes", Offset: 7}
	r := &redrive{engine: l.engine, row: []byte("row"), record: record, fetched: note("fetched")}
	others := []bus.Record{record, {Topic: "sizes", Offset: 8}, {Topic: "sizes", Partition: 1, Offset: 7}}
	for _, other := range others {
		if err := r.handle(new(Tx), bus.DeadLetter{Record: other}, []byte("row"), false); err != nil {
			t.Error(err)
		}
	}
	if err := r.handle(new(Tx), bus.DeadLetter{Record: record}, []byte("other"), false); err != nil {
		t.Error(err)
	}
	if len(handled) != 4 || handled[0] != "fetched" || handled[1] != "whole" || handled[2] != "whole" || handled[3] != "whole" {
		t.Errorf("handled were %v", handled)
	}
	r.skip = true
	if err := r.fetch(t.Context(), l.shards[0]); err != nil || r.fetched != nil || r.row != nil {
		t.Errorf("what was fetched for another transaction stays: %v", err)
	}
}
