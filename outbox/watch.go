package outbox

import (
	"context"
	"time"
)

// watchEvery is how often the server is asked what it keeps for the slot.
const watchEvery = 10 * time.Second

// report tells the server the position each second, and soon after it moved.
func (l *logFeed) report(ctx context.Context) error {
	ticker := time.NewTicker(reportEvery)
	defer ticker.Stop()
	seen, at := l.relay.Status().Published, time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.told:
			if err := l.stream.report(); err != nil {
				return err
			}
			continue
		case <-ticker.C:
		}
		if err := l.stream.report(); err != nil {
			return err
		}
		now := time.Now()
		l.relay.note(func(s *Status) {
			s.Rate, seen = float64(s.Published-seen)/now.Sub(at).Seconds(), s.Published
			s.Lag, s.Behind = l.behind(now)
		})
		at = now
	}
}

// behind is how much log is not confirmed, and since when the oldest transaction waits that is not published.
func (l *logFeed) behind(now time.Time) (int64, time.Duration) {
	lag := max(int64(l.stream.walEnd.Load())-int64(l.stream.confirmed.Load()), 0) //nolint:gosec // positions are far below 2^63
	if since, waits := l.queue.lag(); waits {
		return lag, max(now.Sub(since), 0)
	}
	return lag, 0
}

// watch asks what the server keeps for the slot, and whether the publication publishes anything.
func (l *logFeed) watch(ctx context.Context) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		l.asking.Lock()
		state, err := readSlot(ctx, l.conn, l.relay.slot)
		if err == nil {
			err = l.look(ctx)
		}
		l.asking.Unlock()
		switch {
		case ctx.Err() != nil:
			return nil // stopping is no failure
		case err != nil:
			return err
		case state.Kept != nil:
			l.relay.note(func(s *Status) { s.Kept, s.WAL = *state.Kept, state.Status })
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
