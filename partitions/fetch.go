package partitions

import (
	"context"
	"time"

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
	if len(l.asides.of)+len(l.asides.fetched)+l.asides.fetching == 0 {
		return
	}
	for raw, a := range l.asides.fetched {
		if raw.Offset < a.shard.offsets[raw.Topic] {
			delete(l.asides.fetched, raw)
			l.asides.bytes -= a.size
		}
	}
	l.mu.Lock()
	arrived := l.arrived
	l.arrived = nil
	l.mu.Unlock()
	for _, a := range arrived {
		l.asides.fetching--
		switch {
		case l.asides.of[a.at] != a || a.shard.gone():
			l.asides.bytes -= a.size
		case a.err != nil:
			l.asides.bytes -= a.size
			a.failed++
			record := l.engine.bus.Received(a.records[0])
			l.tellUnread(ctx, &record, "its partition", a.err)
			l.asides.waiting = append(l.asides.waiting, a)
		default:
			l.returned(a)
		}
	}
	for len(l.asides.waiting) > 0 && l.fits(l.asides.waiting[0]) {
		a := l.asides.waiting[0]
		l.asides.waiting = l.asides.waiting[1:]
		if l.asides.of[a.at] == a {
			l.fetch(a) //nolint:contextcheck // it has the life of the shard
		}
	}
}

func (l *lane) fits(a *aside) bool {
	if l.asides.of[a.at] != a {
		return true
	}
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

// fetch asks for what a record refers to, beside the lane and for as long as the shard is this node's.
func (l *lane) fetch(a *aside) {
	record := l.engine.bus.Received(a.records[0])
	ctx, end := context.WithCancel(a.shard.ctx)
	pause := time.Duration(0)
	if a.failed > 0 {
		pause = unreadPolicy().Delay(a.failed)
	}
	if !a.shard.start(func() {
		defer end()
		wait(ctx, pause)
		a.invoke, a.err = a.handler.fetch(ctx, record)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.arrived = append(l.arrived, a)
		if l.wake != nil {
			l.wake()
		}
	}) {
		end()
		return
	}
	a.end = end
	l.asides.fetching++
	l.asides.bytes += a.size
}
