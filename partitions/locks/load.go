package locks

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
)

// loader makes the state out of a piece of the log. It holds what it reads until a snapshot says where to begin.
type loader struct {
	m       *Manager
	from    int64
	next    int64
	state   *state
	parts   parts
	held    []located
	opened  map[string]bool
	hunting bool // a reading ends with a snapshot
	alive   bool // somebody lives whose beginning is not in this piece
}

type located struct {
	offset int64
	entry  entry
}

// newLoader begins at an offset. At 0 there is nothing before, and the state is known.
func (m *Manager) newLoader(from int64) *loader {
	l := &loader{m: m, from: from, next: from, opened: make(map[string]bool)}
	if from == 0 {
		l.state = newState(0)
	}
	return l
}

// load finds the state at the end of the log: from a snapshot near the end, from the beginning, or by asking.
func (m *Manager) load(ctx context.Context) (*state, error) {
	begin, err := m.bound(ctx, bus.Earliest)
	if err != nil {
		return nil, err
	}
	end, err := m.bound(ctx, bus.Latest)
	if err != nil {
		return nil, err
	}
	for window := int64(2 * m.settings.every); ; window *= 4 {
		l := m.newLoader(max(begin, end-window))
		if err := l.scan(ctx, bus.UntilEnd()); err != nil || l.state != nil {
			return l.state, err
		}
		if l.from == begin {
			return l.ask(ctx)
		}
	}
}

func (m *Manager) bound(ctx context.Context, at bus.Start) (int64, error) {
	offsets, err := m.bus.Offsets(ctx, m.topic, bus.Only(0), at)
	return offsets[0], err
}

// scan reads on, to the end of the log or until ctx ends or the state is known, as the options say.
func (l *loader) scan(ctx context.Context, opts ...bus.ReadOption) error {
	opts = append(opts, bus.Only(0), bus.From(map[bus.Partition]int64{0: l.next}))
	for record, err := range l.m.bus.Read(ctx, l.m.topic, opts...) {
		if err != nil {
			return err
		}
		l.next = record.Offset + 1
		e, ours, err := l.m.decode(record)
		if err != nil {
			return err
		}
		if ours {
			l.take(record.Offset, e)
		}
		if l.state != nil && l.hunting {
			return nil
		}
	}
	return ctx.Err()
}

func (l *loader) take(offset int64, e entry) {
	now := time.Now()
	if l.state != nil {
		l.m.fold(l.state, offset, now, e)
		return
	}
	l.held = append(l.held, located{offset, e})
	switch e.Kind {
	case kindOpen:
		l.opened[e.Session] = true
	case kindRenew, kindAcquire, kindRelease:
		l.alive = l.alive || !l.opened[e.Session]
	case kindSnapshot:
		whole := l.parts.add(e.Snapshot)
		if whole == nil || whole[0].Upto < l.from {
			return
		}
		restored, err := restore(whole, now)
		if err != nil {
			l.m.settings.logger.Error("a snapshot of locks is wrong", "group", l.m.meters.group, "offset", offset, "error", err)
			return
		}
		l.begin(restored, now)
	default: // nothing that says who lives
	}
}

// begin folds what was held.
func (l *loader) begin(s *state, now time.Time) {
	l.state = s
	for _, at := range l.held {
		l.m.fold(s, at.offset, now, at.entry)
	}
	l.held = nil
}

// ask lets a living process write a snapshot, since the log no longer says what was. When everything was silent for
// longer than any lease, nobody holds anything.
func (l *loader) ask(ctx context.Context) (*state, error) {
	m := l.m
	m.settings.logger.WarnContext(ctx, "the log of locks begins without a snapshot; asking", "group", m.meters.group, "from", l.from)
	for {
		if err := m.send(ctx, []*posting{{entry: entry{Format: format, Kind: kindAsk}}}); err != nil {
			return nil, err
		}
		l.alive, l.hunting = false, true
		listening, cancel := context.WithTimeout(ctx, m.settings.silence)
		err := l.scan(listening)
		silent := listening.Err() != nil
		cancel()
		switch {
		case l.state != nil:
			return l.state, nil
		case ctx.Err() != nil || !silent:
			return nil, err
		}
		l.hunting = false
		// Only what was read counts as silent, and reading may have been impossible.
		if err := l.scan(ctx, bus.UntilEnd()); err != nil || l.state != nil {
			return l.state, err
		}
		if !l.alive {
			l.begin(newState(l.from), time.Now())
			return l.state, nil
		}
	}
}
