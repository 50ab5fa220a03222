package locks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// follow folds the log until ctx ends.
func (m *Manager) follow(ctx context.Context) error {
	pause := resilience.RetryPolicy{Attempts: 1, Initial: 50 * time.Millisecond, Max: 2 * time.Second, Multiplier: 2, Jitter: 0.5}
	for failures := 1; ; failures++ {
		began := time.Now()
		err := m.read(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // ctx has ended
		}
		for _, final := range []error{bus.ErrClosed, bus.ErrDenied, bus.ErrNoTopic, ErrFormat, ErrDiverged} {
			if errors.Is(err, final) {
				return err
			}
		}
		if errors.Is(err, bus.ErrOffset) { // what was not read yet is gone: begin with a snapshot again
			m.mu.Lock()
			m.state = nil
			m.mu.Unlock()
		}
		if time.Since(began) > time.Minute {
			failures = 1
		}
		m.settings.logger.WarnContext(ctx, "log of locks interrupted; reading again", "group", m.meters.group, "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause.Delay(failures)):
		}
	}
}

// read folds from where it stands, which it finds out first if need be.
func (m *Manager) read(ctx context.Context) error {
	m.mu.Lock()
	loaded := m.state
	m.mu.Unlock()
	if loaded == nil {
		var err error
		if loaded, err = m.load(ctx); err != nil {
			return err
		}
		m.mu.Lock()
		m.adopt(loaded, time.Now())
		m.mu.Unlock()
		kick(m.woken)
	}
	for record, err := range m.bus.Read(ctx, m.topic, bus.Only(0), bus.From(map[bus.Partition]int64{0: loaded.next})) {
		if err != nil {
			return err
		}
		e, ours, err := m.decode(record)
		if err != nil {
			return err
		}
		if ours {
			err = m.take(record.Offset, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// decode reads a record. What is not of this package is passed over by all alike.
func (m *Manager) decode(record bus.Record) (e entry, ours bool, err error) {
	if record.Type() != m.event.Contract().Name() {
		return e, false, nil
	}
	e, err = m.event.Decode(record)
	if err != nil {
		m.settings.logger.Warn("a foreign record in the log of locks", "group", m.meters.group, "error", err)
		return e, false, nil
	}
	if e.Format > format {
		return e, false, fmt.Errorf("%w: %d at offset %d", ErrFormat, e.Format, record.Offset)
	}
	return e, true, nil
}

// take folds one record and does what follows from it.
func (m *Manager) take(offset int64, e entry) error {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	done := m.fold(m.state, offset, now, e)
	if len(done.whole) > 0 {
		if err := m.compare(done.whole[0]); err != nil {
			return err
		}
	}
	if e.Kind == kindAsk {
		m.asked, m.answer = offset, now.Add(jitter(200*time.Millisecond))
		kick(m.woken)
	}
	if t := m.tenure; t != nil && e.Session == t.id {
		m.own(t, e, done, now)
		m.duty()
	}
	for _, r := range done.granted {
		if t := m.tenure; t != nil && r.session.id == t.id && t.claims[r.number] != nil {
			m.grant(t.claims[r.number], r, now)
		}
	}
	if len(done.ended) > 0 && m.tenure != nil {
		for _, c := range m.tenure.claims {
			kick(c.moved)
		}
	}
	if e.Kind == kindOpen {
		kick(m.woken)
	}
	return nil
}

// own looks at a record of this process's session.
func (m *Manager) own(t *tenure, e entry, done effects, now time.Time) {
	if e.Kind == kindExpire || e.Kind == kindClose {
		if done.verdict == taken {
			m.lapse("the log says that it has expired")
		}
		return
	}
	if done.verdict == unknown {
		return
	}
	if until := m.began.Add(time.Duration(e.Sent) + m.settings.lease - m.settings.margin); until.After(t.until) {
		if !t.until.IsZero() && !now.Before(t.until) {
			m.lapse("the log was not heard of in time") // it came back too late
			return
		}
		t.until = until
	}
	c := t.claims[e.Request]
	if e.Kind != kindAcquire || c == nil {
		return
	}
	switch {
	case done.verdict == taken:
		c.queued = true
		kick(c.moved)
		kick(m.woken)
	case done.verdict == full:
		delete(t.claims, c.number)
		c.decide(ErrBusy)
	case !c.queued: // a later one overtook it
		delete(t.claims, c.number)
		c.decide(errAgain)
	}
}

// compare holds the state against a snapshot of another process.
func (m *Manager) compare(kept *snapshot) error {
	if kept.Upto > m.asked {
		m.asked = -1
	}
	if digest, known := m.state.recent.at(kept.Upto); known && digest != kept.Digest {
		return fmt.Errorf("%w at offset %d", ErrDiverged, kept.Upto)
	}
	return nil
}
