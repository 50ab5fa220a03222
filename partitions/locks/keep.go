package locks

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// keep does what is due by this process's clock, until ctx ends.
func (m *Manager) keep(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.woken:
		case <-timer.C:
		}
		m.mu.Lock()
		due := m.tick(ctx, time.Now())
		m.mu.Unlock()
		timer.Reset(time.Until(due))
	}
}

// tick does what is due and returns when to look again.
func (m *Manager) tick(ctx context.Context, now time.Time) time.Time {
	next := now.Add(m.settings.lease)
	due := func(at time.Time) bool {
		if now.Before(at) {
			if at.Before(next) {
				next = at
			}
			return false
		}
		return true
	}
	if t := m.tenure; t != nil {
		if !t.until.IsZero() && due(t.until) {
			m.lapse("the log was not heard of in time")
		} else if m.state != nil && due(t.renewAt) { // who does not know the state has nothing to defend
			t.renewAt = now.Add(m.settings.lease / 3)
			due(t.renewAt)
			if m.leave(); m.tenure == t {
				m.post(t, entry{Kind: kindRenew})
			}
		}
	}
	if m.state == nil {
		return next
	}
	if m.asked >= 0 && due(m.answer) {
		m.asked = -1
		m.keepState()
	}
	blocking := m.blocking()
	for id, of := range m.state.sessions {
		if m.tenure != nil && m.tenure.id == id {
			continue
		}
		patience := 2 * of.lease // nobody waits for it: only to tidy up
		if rank, ok := blocking[of]; ok {
			patience = of.lease + of.lease/20*time.Duration(min(rank, 10))
		}
		at := of.heard.Add(patience)
		if again := of.tried.Add(of.lease / 4); again.After(at) {
			at = again
		}
		if due(at) && !of.expiry.open() {
			of.tried = now
			due(now.Add(of.lease / 4))
			of.expiry = m.post(nil, entry{Kind: kindExpire, Session: id, Seen: of.seen})
			m.settings.logger.WarnContext(ctx, "a holder of locks was not heard of", "group", m.meters.group, "owner", of.owner)
			m.meters.expiries.Add(ctx, 1, m.meters.attributes)
		}
	}
	return next
}

// blocking are the sessions that this process waits for, and how many other requests are between: those who are next
// write first, so that not all write at once.
func (m *Manager) blocking() map[*session]int {
	t := m.tenure
	if t == nil || m.state.sessions[t.id] == nil {
		return nil
	}
	found, looked := make(map[*session]int), make(map[string]bool)
	for _, c := range t.claims {
		if c.lease != nil {
			continue
		}
		for _, name := range c.names {
			if looked[name] {
				continue
			}
			looked[name] = true
			for i, r := range m.state.queues[name] {
				if r.session.id == t.id {
					for j, before := range m.state.queues[name][:i] {
						rank := i - j - 1
						if old, ok := found[before.session]; !ok || rank < old {
							found[before.session] = rank
						}
					}
					break
				}
			}
		}
	}
	return found
}

// duty writes the state down when it is this process's turn: the writer of the record that makes a snapshot due does,
// and if that one dies, the writer of a later record.
func (m *Manager) duty() {
	every := max(m.settings.every, len(m.state.queues))
	if over := m.state.since - every; over >= 0 && over%max(every/4, 1) == 0 {
		m.keepState()
	}
}

// keepState posts a snapshot of what was folded so far.
func (m *Manager) keepState() {
	for _, part := range m.state.snapshot(uuid.NewString()) {
		m.post(nil, entry{Kind: kindSnapshot, Snapshot: part})
	}
}

func jitter(upto time.Duration) time.Duration { return rand.N(upto) } //nolint:gosec // spreads load
