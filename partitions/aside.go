package partitions

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// place is a partition of a topic.
type place struct {
	topic     string
	partition int32
}

// aside is what a lane leaves alone of a place while it has fetched what the first record refers to: that record and all behind it.
type aside struct {
	at      place
	shard   *shard
	handler *handler
	size    int64 // in bytes, of what is fetched
	failed  int   // so often nobody could be asked
	end     context.CancelFunc
	records []*kgo.Record
	bytes   int
	paused  bool
	pausing bool // until it is fetched again

	// invoke handles the record with what was fetched, unless err says that it cannot be fetched now.
	invoke func(*Tx) error
	err    error
}

// asides are all that a lane leaves alone. What is fetched stays until the record's transaction is committed.
type asides struct {
	of       map[place]*aside
	waiting  []*aside // for room to be fetched, in their order
	fetching int
	pausing  int
	fetched  map[*kgo.Record]*aside
	bytes    int64 // of what is fetched, and being fetched
}

// admit takes what was polled of a place. It puts aside what refers to something elsewhere, with all behind it.
func (l *lane) admit(at place, records []*kgo.Record) {
	s, handlers := l.shards[at.partition], l.engine.config.handlers[bus.Topic(at.topic)]
	if s == nil || handlers == nil || len(handlers.fetching) == 0 {
		l.pending = append(l.pending, records...)
		return
	}
	if a := l.asides.of[at]; a != nil {
		l.keep(a, records)
		return
	}
	for i, raw := range records {
		h, size := l.refers(s, handlers, raw)
		if h == nil {
			continue
		}
		a := &aside{at: at, shard: s, handler: h, size: size, end: func() {}}
		if l.asides.of == nil {
			l.asides.of = make(map[place]*aside)
		}
		l.asides.of[at] = a
		l.asides.waiting = append(l.asides.waiting, a)
		l.keep(a, slices.Clip(records[i:]))
		records = records[:i]
		break
	}
	l.pending = append(l.pending, records...)
}

// refers finds the handler of a record that refers to something elsewhere, which is not here yet, and its size: one that nobody knows leaves room for
// no other.
func (l *lane) refers(s *shard, handlers *topicHandlers, raw *kgo.Record) (*handler, int64) {
	if raw.Offset < s.offsets[raw.Topic] || l.asides.fetched[raw] != nil {
		return nil, 0
	}
	record := l.engine.bus.Received(raw)
	for _, h := range handlers.fetching {
		if size, elsewhere := h.refers(record); elsewhere && handlers.of(&record) == h {
			if size <= 0 {
				size = maxFetchedBytes
			}
			return h, size
		}
	}
	return nil, 0
}

// keep adds what was polled meanwhile. No more is fetched from the broker once it is as much as one fetch has.
func (l *lane) keep(a *aside, records []*kgo.Record) {
	if a.records == nil {
		a.records = records
	} else {
		a.records = append(a.records, records...)
	}
	for _, r := range records {
		a.bytes += len(r.Key) + len(r.Value)
	}
	if c := l.engine.config; !a.paused && (len(a.records) >= c.batch || a.bytes >= int(c.fetched())) {
		a.paused = true
		l.consumer.PauseFetchPartitions(map[string][]int32{a.at.topic: {a.at.partition}})
	}
}

// release lets the broker be asked for the place again.
func (l *lane) release(a *aside) {
	a.end()
	delete(l.asides.of, a.at)
	if a.paused {
		l.consumer.ResumeFetchPartitions(map[string][]int32{a.at.topic: {a.at.partition}})
	}
}

// drop forgets what was put aside of shards that go, and what was fetched for them. A fetch that is under way ends.
func (l *lane) drop(gone map[string][]int32) {
	is := func(at place) bool { return slices.Contains(gone[at.topic], at.partition) }
	for at, a := range l.asides.of {
		if is(at) {
			l.release(a)
		}
	}
	l.asides.waiting = slices.DeleteFunc(l.asides.waiting, func(a *aside) bool { return is(a.at) })
	for raw, a := range l.asides.fetched {
		if is(a.at) {
			l.forget(raw, a)
		}
	}
}
