package locks

import (
	"time"

	"github.com/google/uuid"
)

// tenure is this process's own session.
type tenure struct {
	id      string
	until   time.Time // leases are believed in until then; zero while the log has not said that the session is open
	renewAt time.Time
	last    int64
	claims  map[int64]*claim
}

// claim is one acquire of this process, from when it is made until it was given back.
type claim struct {
	tenure  *tenure
	number  int64
	names   []string
	posting *posting
	queued  bool          // the log has it
	decided chan struct{} // closed when there is a lease or an error
	moved   chan struct{} // the queue before it has changed
	lease   *Lease
	err     error
}

func (c *claim) decide(err error) {
	select {
	case <-c.decided:
	default:
		c.err = err
		close(c.decided)
	}
}

// claim makes a request, and a session where there is none. m.mu is held.
func (m *Manager) claim(names []string, ahead int) *claim {
	t := m.tenure
	if t == nil {
		t = &tenure{id: uuid.NewString(), claims: make(map[int64]*claim), renewAt: time.Now().Add(m.settings.lease / 3)}
		m.tenure = t
		m.post(t, entry{Kind: kindOpen, Owner: m.settings.owner, Lease: int64(m.settings.lease)})
	}
	t.last++
	c := &claim{
		tenure: t, number: t.last, names: names, decided: make(chan struct{}), moved: make(chan struct{}, 1),
	}
	t.claims[c.number] = c
	c.posting = m.post(t, entry{Kind: kindAcquire, Request: c.number, Names: names, Ahead: ahead})
	return c
}

// withdraw gives a request back, whatever became of it. m.mu is held.
func (m *Manager) withdraw(c *claim) *posting {
	if c.tenure.claims[c.number] == c {
		delete(c.tenure.claims, c.number)
		kick(m.idle)
	}
	if !c.posting.sent {
		c.posting.dropped = true
		return nil
	}
	return m.post(c.tenure, entry{Kind: kindRelease, Request: c.number})
}

// grant makes the lease of a request that holds its names, unless the session is not to be believed in any more.
func (m *Manager) grant(c *claim, r *request, now time.Time) {
	if c.lease != nil {
		return
	}
	if !now.Before(c.tenure.until) {
		m.lapse("the log was not heard of in time")
		return
	}
	c.lease = &Lease{m: m, claim: c, token: r.token, granted: now, lost: make(chan struct{})}
	c.decide(nil)
}

// lapse ends this process's session: leases are lost, and requests that wait are made anew. m.mu is held.
func (m *Manager) lapse(reason string) {
	t, lost := m.tenure, 0
	if t == nil {
		return
	}
	m.tenure = nil
	for _, c := range t.claims {
		if c.lease != nil {
			c.lease.end(ErrLost)
			lost++
		}
		c.decide(errAgain)
	}
	m.settings.logger.Warn("session of locks ended", "group", m.meters.group, "leases", lost, "requests", len(t.claims), "reason", reason)
	m.meters.losses(lost)
	if lost == 0 { // where there was a lease, its holder has the margin to stop
		m.post(t, entry{Kind: kindClose})
	}
	kick(m.idle)
}

// leave closes a session that nothing is asked of. m.mu is held.
func (m *Manager) leave() {
	if t := m.tenure; t != nil && len(t.claims) == 0 {
		m.post(t, entry{Kind: kindClose})
		m.tenure = nil
	}
}

// abandon ends all leases with a reason, and answers all that wait with it. m.mu is held.
func (m *Manager) abandon(reason error) {
	if m.tenure == nil {
		return
	}
	for _, c := range m.tenure.claims {
		if c.lease != nil {
			c.lease.end(reason)
			continue
		}
		c.decide(reason)
		m.withdraw(c)
	}
}

// adopt takes a state that was loaded, and holds this process's session against it. m.mu is held.
func (m *Manager) adopt(s *state, now time.Time) {
	m.state = s
	if !m.opened {
		m.opened = true
		close(m.ready)
	}
	t := m.tenure
	if t == nil {
		return
	}
	of := s.sessions[t.id]
	if of == nil {
		if !t.until.IsZero() {
			m.lapse("the log no longer has it")
		}
		return
	}
	for _, c := range t.claims {
		r := of.requests[c.number]
		switch {
		case r != nil:
			c.queued = true
			if r.held() {
				m.grant(c, r, now)
			}
		case c.lease != nil:
			c.lease.end(ErrLost)
			delete(t.claims, c.number)
		case c.number <= of.last:
			c.decide(errAgain)
			delete(t.claims, c.number)
		}
	}
}
