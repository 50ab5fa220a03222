package webhooks

import (
	"context"
	"time"

	"github.com/millrace/millrace/partitions"
)

// pump begins attempts of an endpoint, as many as may be made now, and sees to it that it is looked at again when more may be.
func (n *node) pump(l *line, a *begun) {
	for !l.closed && l.row.Enabled && !l.desk.draining {
		now := l.now()
		switch {
		case len(l.ready) == 0 && l.more:
			if !l.loading {
				l.loading = true
				*a = append(*a, func() { n.refill(l) })
			}
			return
		case len(l.ready) == 0:
			n.rest(l, now)
			return
		case l.state.HeldUntil.After(now):
			n.wake(l, l.state.HeldUntil)
			return
		case l.running >= n.most(l) || l.queued:
			return
		}
		p := &n.fast
		if l.doubtful() {
			p = &n.slow
		}
		if !p.take(l) {
			return
		}
		if at, ok := l.allowed(now); !ok {
			p.used--
			n.wake(l, at)
			return
		}
		w := l.ready[0]
		l.ready = l.ready[1:]
		l.running++
		job := &attempting{line: l, waiting: w, row: l.row, place: place{p}}
		l.desk.idle[job] = true
		*a = append(*a, func() {
			l.desk.beside.Go(func(ctx context.Context) func(*partitions.Tx) error { return n.attempt(ctx, job) },
				func(_ *partitions.Tx, err error) error { return n.unsettled(job, err) })
		})
	}
}

// rest lets an endpoint wait for what is due next, or forgets it where nothing is left.
func (n *node) rest(l *line, now time.Time) {
	if !l.next.IsZero() {
		n.wake(l, l.next)
		return
	}
	if l.row.Rate > 0 { // which it would have anew
		if full := l.has(now, float64(l.row.Rate)); full.After(now) {
			n.wake(l, full)
			return
		}
	}
	if l.running == 0 && !l.queued && !l.loading {
		n.drop(l.desk, l.key)
	}
}

// wake looks at an endpoint again at a time.
func (n *node) wake(l *line, at time.Time) {
	if !l.wakes.IsZero() && !at.Before(l.wakes) {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.wakes = at
	l.timer = time.AfterFunc(max(at.Sub(l.now()), time.Millisecond), func() {
		n.do(func(a *begun) {
			if l.wakes != at {
				return
			}
			l.wakes = time.Time{}
			if !l.next.IsZero() && !l.next.After(l.now()) {
				l.next, l.more = time.Time{}, true
			}
			n.pump(l, a)
		})
	})
}

// refill reads more of an endpoint's queue.
func (n *node) refill(l *line) {
	l.desk.beside.Do(func(tx *partitions.Tx) error {
		row, found := n.endpoints.Get(tx, l.key)
		state, _ := n.states.Get(tx, l.key)
		if err := tx.Err(); err != nil {
			return err
		}
		got := loaded{}
		if found {
			got = n.load(tx, l.key, row)
		}
		n.committed(tx, func(d *desk, a *begun) {
			l.loading = false
			if !l.closed {
				n.update(d, l.key, row, state, got, a)
			}
		})
		return tx.Err()
	}, func(_ *partitions.Tx, err error) error {
		n.logger().Error("webhooks: a queue cannot be read; it is read again", "hooks", n.name, "endpoint", l.row.ID, "error", err)
		n.do(func(*begun) {
			l.loading = false
			n.wake(l, l.now().Add(again))
		})
		return nil
	})
}

// again is after what time is tried again what should not fail.
const again = time.Minute

// update brings an endpoint up to date with what a transaction has read, and goes on.
func (n *node) update(d *desk, key string, row endpointRow, state stateRow, got loaded, a *begun) {
	l := n.line(d, key, row, state)
	l.next, l.more = got.next, got.more
	n.hold(l, got.rows...)
	n.pump(l, a)
}
