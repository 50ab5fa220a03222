package locks

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// posting is one record on its way to the log. All that a manager writes goes one after the other, so that its own
// records have the order in which they were posted; each is harmless twice.
type posting struct {
	entry   entry
	tenure  *tenure       // whose it is, nil for those of no session
	sent    bool          // it may be in the log
	dropped bool          // it need not be sent
	written chan struct{} // closed when it was written, or need not be
}

// open says whether it may still be written.
func (p *posting) open() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.written:
		return false
	default:
		return true
	}
}

// post puts a record into the outbox. m.mu is held.
func (m *Manager) post(t *tenure, e entry) *posting {
	e.Format = format
	if t != nil {
		e.Session = t.id
	}
	p := &posting{entry: e, tenure: t, written: make(chan struct{})}
	m.outbox = append(m.outbox, p)
	kick(m.posted)
	return p
}

const batchLimit = 256

// write publishes what is in the outbox until ctx ends. What fails, or may have failed, is published again.
func (m *Manager) write(ctx context.Context) error {
	pause := resilience.RetryPolicy{Attempts: 1, Initial: 20 * time.Millisecond, Max: time.Second, Multiplier: 2, Jitter: 0.5}
	failures := 0
	for batch := []*posting(nil); ; {
		batch = m.batch(batch)
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
				return nil
			case <-m.posted:
			}
			continue
		}
		err := m.send(ctx, batch)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // ctx has ended
		case err == nil:
			for _, p := range batch {
				close(p.written)
			}
			batch, failures = nil, 0
			continue
		case resilience.ClassOf(err) == resilience.ClassPermanent:
			return err
		}
		failures++
		m.settings.logger.WarnContext(ctx, "records of locks not written; trying again", "group", m.meters.group, "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause.Delay(failures)):
		}
	}
}

// batch drops what has become useless and adds what has been posted since.
func (m *Manager) batch(batch []*posting) []*posting {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := make([]*posting, 0, min(len(batch)+len(m.outbox), batchLimit))
	waiting := append(batch, m.outbox...)
	for i, p := range waiting {
		if len(kept) == batchLimit {
			m.outbox = append([]*posting(nil), waiting[i:]...)
			m.busy = true
			return kept
		}
		if m.useless(p) {
			close(p.written)
			continue
		}
		p.sent = true
		p.entry.Sent = int64(time.Since(m.began))
		kept = append(kept, p)
	}
	m.outbox = nil
	if m.busy = len(kept) > 0; !m.busy {
		kick(m.idle)
	}
	return kept
}

func (m *Manager) useless(p *posting) bool {
	switch p.entry.Kind {
	case kindOpen, kindAcquire, kindRenew:
		return p.dropped || p.tenure != m.tenure
	case kindExpire:
		return m.state == nil || m.state.sessions[p.entry.Session] == nil || m.state.sessions[p.entry.Session].seen != p.entry.Seen
	default:
		return false
	}
}

// send publishes records in their order.
func (m *Manager) send(ctx context.Context, batch []*posting) error {
	ctx, cancel := context.WithTimeout(ctx, m.settings.lease)
	defer cancel()
	messages := make([]bus.Message, len(batch))
	for i, p := range batch {
		messages[i] = m.event.New(p.entry)
	}
	return m.bus.Publish(ctx, messages...).Err()
}
