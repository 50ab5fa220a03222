package bus

import "time"

// close lets what runs finish within the limit, cancels it after that, and drops what has not begun. The committable
// offset stands still from then on. The partition may be ours again later, so it is not left paused.
func (l *lane) close(limit time.Duration) {
	l.mu.Lock()
	l.closed.Store(true)
	l.resume()
	l.mu.Unlock()
	if l.running.Load() > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		select {
		case <-l.idle:
		case <-timer.C:
			l.cancel(ErrDrained)
			l.awaitCancelled()
		case <-l.ctx.Done():
			l.awaitCancelled()
		}
	}
	l.cancel(ErrDrained)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sealed = true
	l.engine.leave(l.queued, l.bytes)
	l.queued, l.bytes = 0, 0
}

const cancelGrace = time.Second

// awaitCancelled gives handlers whose context has ended a moment to return.
func (l *lane) awaitCancelled() {
	timer := time.NewTimer(cancelGrace)
	defer timer.Stop()
	select {
	case <-l.idle:
	case <-timer.C:
	}
}
