package bus_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func TestPinnedRecords(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "pinned", Partitions: 3}); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	record := bus.Record{Topic: "pinned", Key: []byte("k"), Value: []byte("v"), Time: at, Headers: bus.Headers{{Key: "id", Value: []byte("1")}}}
	unpinned := bus.Partition(-1)
	for p := range bus.Partition(3) {
		results := b.Publish(t.Context(), record.To(p).Message(), bus.Atomic(record.To(p).Message()), record.Message())
		if err := results.Err(); err != nil {
			t.Fatal(err)
		}
		if results[0].Partition != p || results[1].Partition != p || unpinned >= 0 && results[2].Partition != unpinned {
			t.Errorf("pinned to %d: %+v", p, results)
		}
		unpinned = results[2].Partition
	}
	for got, err := range b.Read(t.Context(), "pinned", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			t.Fatal(err)
		}
		if !got.Time.Equal(at) {
			t.Errorf("a record of %s has the time %s", at, got.Time)
		}
		if next := got.Message(); b.Publish(t.Context(), next).Err() != nil {
			t.Error("a record that was read cannot be published again")
		}
		break
	}
	if err := b.Publish(t.Context(), record.To(3).Message()).Err(); err == nil {
		t.Error("a partition that the topic does not have was taken")
	}
}
