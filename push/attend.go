package push

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
)

// How often hubs tell who is present.
const (
	tellEvery  = 250 * time.Millisecond
	tellAtMost = 5 * time.Second
	// peerLife is for how long a hub is taken to live that tells nothing.
	peerLife = 15 * time.Second
	// deafAfter is how long a hub has not heard itself that hears nobody.
	deafAfter = tellAtMost + 2*tellEvery
	// changesAtOnce is how many changes a report has at most.
	changesAtOnce = 500
	// reportsKept is longer than an outage in which hubs do not notice that they miss some.
	reportsKept = time.Hour
)

// attend tells of who is present, and forgets hubs that tell nothing, until ctx ends.
func (h *Hub) attend(ctx context.Context) {
	if len(h.settings.present) == 0 {
		return
	}
	listens := make(chan struct{})
	var listening sync.WaitGroup
	defer listening.Wait()
	listening.Go(func() { h.hearAll(ctx, sync.OnceFunc(func() { close(listens) })) })
	select {
	case <-listens:
	case <-ctx.Done():
		return
	}
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	number, last := int64(0), time.Time{}
	for {
		select {
		case <-ctx.Done():
			h.announce(context.WithoutCancel(ctx), report{Hub: h.attendance.self, Number: number + 1, Gone: true})
			return
		case <-ticker.C:
		}
		h.expire(ctx)
		all := h.due(time.Since(last) >= tellAtMost)
		for i := range all {
			number++
			all[i].Number = number
		}
		if len(all) > 0 {
			last = time.Now()
			h.announce(ctx, all...)
		}
	}
}

// hearAll reads what hubs tell from now on. What was told before, and is lost, is asked for.
func (h *Hub) hearAll(ctx context.Context, current func()) {
	again := func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.attendance.ask, h.attendance.tell = true, true
	}
	h.aside(ctx, side{
		topic: Presences, configs: map[string]string{"cleanup.policy": "delete", "retention.ms": strconv.FormatInt(reportsKept.Milliseconds(), 10)},
		from: bus.Latest, take: func(r bus.Record) { h.learn(ctx, r) }, current: current, begins: again,
	})
}

// due is what is to be told now.
func (h *Hub) due(quiet bool) []report {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &h.attendance
	var changes []change
	whole, ask := a.tell, a.ask
	a.tell, a.ask = false, false
	if whole {
		for e, count := range a.counts {
			changes = append(changes, change{e, count})
		}
	} else {
		for e := range a.dirty {
			changes = append(changes, change{e, a.counts[e]})
		}
	}
	clear(a.dirty)
	if len(changes) == 0 && (whole || ask || quiet) {
		return []report{{Hub: a.self, Whole: whole, Ask: ask}}
	}
	var all []report
	for some := range slices.Chunk(changes, changesAtOnce) {
		all = append(all, report{Hub: a.self, Whole: whole && len(all) == 0, More: whole, Ask: ask && len(all) == 0, Changes: some})
	}
	if len(all) > 0 {
		all[len(all)-1].More = false
	}
	return all
}

// announce publishes reports. Where that fails, all is told next time: others may have missed some.
func (h *Hub) announce(ctx context.Context, all ...report) {
	ctx, cancel := context.WithTimeout(ctx, tellAtMost)
	defer cancel()
	messages := make([]bus.Message, len(all))
	for i, r := range all {
		messages[i] = reports.New(r)
	}
	if err := h.bus.Publish(ctx, messages...).Err(); err != nil && !all[0].Gone {
		h.settings.logger.WarnContext(ctx, "push: who is present could not be told; it is told again", "error", err)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.attendance.tell = true
	}
}

// learn takes in what a hub has told.
func (h *Hub) learn(ctx context.Context, record bus.Record) {
	r, err := reports.Decode(record)
	if err != nil || r.Hub == "" {
		return
	}
	at := time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	a, moved := &h.attendance, make(map[spot]*movement)
	p := a.peers[r.Hub]
	if p == nil {
		p = &peer{counts: make(map[entry]int)}
		a.peers[r.Hub] = p
	}
	if r.Hub == a.self {
		if at.Sub(a.heard) > deafAfter { // the others have told meanwhile, and are read from now on
			for _, other := range a.peers {
				other.heard = at
			}
		}
		a.heard = at
	} else if r.Ask {
		a.tell = true
	}
	if r.Number != p.number+1 && !r.Whole {
		a.ask, a.tell = true, a.tell || r.Hub == a.self
	}
	if r.Whole || r.Gone {
		p.stale = make(map[entry]struct{}, len(p.counts))
		for e := range p.counts {
			p.stale[e] = struct{}{}
		}
	}
	for _, c := range r.Changes {
		delete(p.stale, c.entry)
		a.set(p, c.entry, c.Count, moved)
	}
	if !r.More {
		for e := range p.stale {
			a.set(p, e, 0, moved)
		}
		p.stale = nil
	}
	p.number, p.heard = r.Number, at
	if r.Gone {
		delete(a.peers, r.Hub)
	}
	h.tellWatchers(ctx, moved)
}

// expire forgets hubs that have told nothing for a while, unless it is this one that hears nothing.
func (h *Hub) expire(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, now := &h.attendance, time.Now()
	if now.Sub(a.heard) > deafAfter {
		return
	}
	moved := make(map[spot]*movement)
	for name, p := range a.peers {
		if now.Sub(p.heard) > peerLife {
			a.drop(p, moved)
			delete(a.peers, name)
		}
	}
	h.tellWatchers(ctx, moved)
}
