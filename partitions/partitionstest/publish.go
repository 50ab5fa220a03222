package partitionstest

import (
	"slices"

	"github.com/millrace/millrace/bus"
)

// Publish publishes messages and returns when they are written.
func (w *World) Publish(msgs ...bus.Message) {
	w.t.Helper()
	if err := w.bus.Publish(w.t.Context(), msgs...).Err(); err != nil {
		w.t.Fatalf("publish: %v", err)
	}
}

// Events are the committed events of a contract, or those of some record keys: in the order of each partition, and
// across partitions by when they happened.
func Events[T any](w *World, e bus.Event[T], keys ...string) []T {
	w.t.Helper()
	read := make(map[bus.Partition][]bus.Received[T])
	for event, err := range bus.Tail(w.t.Context(), w.bus, e, bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			w.t.Fatalf("events of %s: %v", e.Contract().Name(), err)
		}
		if len(keys) == 0 || slices.Contains(keys, string(event.Record.Key)) {
			read[event.Record.Partition] = append(read[event.Record.Partition], event)
		}
	}
	var events []T
	for len(read) > 0 {
		next := bus.Partition(-1)
		for partition, left := range read {
			if next < 0 || earlier(left[0].Record, read[next][0].Record) {
				next = partition
			}
		}
		events = append(events, read[next][0].Value)
		if read[next] = read[next][1:]; len(read[next]) == 0 {
			delete(read, next)
		}
	}
	return events
}

func earlier(a, b bus.Record) bool {
	if a.Time.Equal(b.Time) {
		return a.Partition < b.Partition
	}
	return a.Time.Before(b.Time)
}
