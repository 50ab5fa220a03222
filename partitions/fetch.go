package partitions

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

// How many payloads a lane fetches at once, and holds until their transactions are committed, and how many bytes of them: more only where one alone
// is larger.
const (
	maxFetching     = 8
	maxFetchedBytes = 64 << 20
)

// gather gives the lane what was fetched since, and begins to fetch what there is room for.
func (l *lane) gather(ctx context.Context) {
	if len(l.asides.of)+len(l.asides.fetched)+l.asides.fetching+l.asides.pausing == 0 {
		return
	}
	l.mu.Lock()
	arrived := l.arrived
	l.arrived = nil
	l.mu.Unlock()
	l.sweep()
	for raw, a := range l.asides.fetched {
		if raw.Offset < a.shard.offsets[raw.Topic] {
			l.forget(raw, a)
		}
	}
	for _, a := range arrived {
		if a.pausing {
			l.asides.pausing--
			l.paused(a)
		} else {
			l.asides.fetching--
			l.answered(ctx, a)
		}
	}
	for len(l.asides.waiting) > 0 && l.fits(l.asides.waiting[0]) {
		a := l.asides.waiting[0]
		l.asides.waiting[0] = nil
		l.asides.waiting = l.asides.waiting[1:]
		l.fetch(a) //nolint:contextcheck // it has the life of the shard
	}
}

// answered takes what became of a fetch. One that failed is made again after a pause, which keeps no room from others.
func (l *lane) answered(ctx context.Context, a *aside) {
	switch {
	case l.asides.of[a.at] != a:
		l.asides.bytes -= a.size
		a.invoke = nil
	case a.err != nil:
		l.asides.bytes -= a.size
		a.failed++
		record := l.engine.bus.Received(a.records[0])
		l.tellUnread(ctx, &record, "its partition", a.err)
		pause := unreadPolicy().Delay(a.failed)
		if a.pausing = l.beside(a, func(ctx context.Context) { wait(ctx, pause) }); a.pausing { //nolint:contextcheck // it has the life of the shard
			l.asides.pausing++
		}
	default:
		l.returned(a)
	}
}

// paused lets what has waited long enough be fetched again.
func (l *lane) paused(a *aside) {
	a.pausing = false
	if l.asides.of[a.at] == a {
		l.asides.waiting = append(l.asides.waiting, a)
	}
}

func (l *lane) fits(a *aside) bool {
	all := &l.asides
	return all.fetching+len(all.fetched) < maxFetching && (all.bytes == 0 || a.size <= maxFetchedBytes-all.bytes)
}

// returned lets the lane go on with the record whose payload is here, and those behind it.
func (l *lane) returned(a *aside) {
	if l.asides.fetched == nil {
		l.asides.fetched = make(map[*kgo.Record]*aside)
	}
	l.release(a)
	l.asides.fetched[a.records[0]] = a
	l.admit(a.at, a.records)
	a.records = nil
}

// forget lets a payload go.
func (l *lane) forget(raw *kgo.Record, a *aside) {
	delete(l.asides.fetched, raw)
	l.asides.bytes -= a.size
	a.invoke = nil
}

// fetch asks for what a record refers to.
func (l *lane) fetch(a *aside) {
	record := l.engine.bus.Received(a.records[0])
	if l.beside(a, func(ctx context.Context) { a.invoke, a.err = a.handler.fetch(ctx, record) }) {
		l.asides.fetching++
		l.asides.bytes += a.size
	}
}

// beside does something beside the lane for as long as the shard is this node's, and hands the lane what was put aside after that. It says whether it
// does: where the shard has ended, that is forgotten.
func (l *lane) beside(a *aside, f func(context.Context)) bool {
	ctx, end := context.WithCancel(a.shard.ctx)
	a.end = end
	begun := a.shard.start(func() {
		defer end()
		f(ctx)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.arrived = append(l.arrived, a)
		if l.wake != nil {
			l.wake()
		}
	})
	if !begun {
		l.sweep()
	}
	return begun
}
