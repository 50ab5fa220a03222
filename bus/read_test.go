package bus_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestReadFromEarliest(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	b := bustest.Open(t, event)
	topic := event.Contract().Topic()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []string
	if err := b.Publish(ctx, event.New(placed{ID: "1"})).Err(); err != nil {
		t.Fatal(err)
	}
	for record, err := range b.Read(ctx, topic, bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(record.Key))
		switch len(got) {
		case 1:
			if err := b.Publish(ctx, bus.Atomic(event.New(placed{ID: "2"})), record.Message()).Err(); err != nil {
				t.Fatal(err)
			}
		case 3:
			cancel()
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"1", "1", "2"}) {
		t.Fatalf("read %v", got)
	}
}

func TestReadPositions(t *testing.T) {
	t.Parallel()
	event := orderPlaced()
	b := bustest.Open(t, event)
	topic := event.Contract().Topic()
	for _, id := range []string{"0", "1", "2"} {
		if err := b.Publish(t.Context(), event.New(placed{ID: id})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	read := func(opts ...bus.ReadOption) (keys string, failed error) {
		for record, err := range b.Read(t.Context(), topic, append(opts, bus.UntilEnd())...) {
			if err != nil {
				return keys, err
			}
			keys += string(record.Key)
		}
		return keys, nil
	}
	for want, opts := range map[string][]bus.ReadOption{
		"012": {bus.Earliest}, "": {bus.Latest}, "12": {bus.From(map[bus.Partition]int64{0: 1})},
	} {
		if got, err := read(opts...); got != want || err != nil {
			t.Errorf("read %q, %v, want %q", got, err, want)
		}
	}
	if _, err := read(bus.From(map[bus.Partition]int64{0: 9})); !errors.Is(err, bus.ErrOffset) {
		t.Errorf("beyond the end: %v", err)
	}
	if _, err := b.Topics(t.Context(), "nowhere"); !errors.Is(err, bus.ErrNoTopic) {
		t.Errorf("missing topic: %v", err)
	}
	infos, err := b.Topics(t.Context(), topic)
	if err != nil || len(infos) != 1 || infos[0].Partitions[0].End != 3 {
		t.Errorf("topics: %+v, %v", infos, err)
	}
}
