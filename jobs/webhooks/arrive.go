package webhooks

import (
	"strings"
	"time"

	"github.com/millrace/millrace/partitions"
)

// arrive puts a delivery into the queue of its endpoint, unless that was told of the event.
func (n *node) arrive(tx *partitions.Tx, in delivery) error {
	key := in.key()
	row, found := n.endpoints.Get(tx, key)
	state, _ := n.states.Get(tx, key)
	seen, known := n.seen.Get(tx, seenKey(key, in.Event))
	dead, lost := n.dead.Get(tx, seenKey(key, in.Event))
	if err := tx.Err(); err != nil {
		return err
	}
	again := in.Replay != "" && in.Replay != seen.Replay && !seen.Waits
	switch {
	case !found || in.Dead && !lost || in.Replay != "" && !row.wants(in.Type):
		n.count(tx, "unwanted")
		return nil
	case known && !again:
		n.count(tx, "repeated")
		return nil
	}
	q := queuedRow{
		Event: in.Event, Type: in.Type, Time: in.Time, Body: in.Body, Seq: tx.Record().Offset, Due: tx.Now(), Replay: in.Replay,
	}
	state.Queued++
	n.count(tx, "queued")
	if state.Queued > n.maxQueued {
		err := n.die(tx, key, &state, q, "too many wait", answer{})
		n.states.Put(tx, key, state)
		return err
	}
	at := queueKey(key, row.Ordered, q)
	n.queue.Put(tx, at, q)
	n.seen.Put(tx, seenKey(key, in.Event), seenRow{Waits: true, Replay: in.Replay})
	if lost {
		n.unbury(tx, key, dead)
	}
	n.states.Put(tx, key, state)
	n.committed(tx, func(d *desk, a *begun) { n.arrived(n.line(d, key, row, state), waiting{at, q}, a) })
	return tx.Err()
}

// arrived takes a new delivery into memory where there is room and nothing is to come before it.
func (n *node) arrived(l *line, w waiting, a *begun) {
	switch {
	case !l.row.Enabled:
		return
	case l.row.Ordered && !l.next.IsZero(): // behind one that is tried later
		return
	case !l.more && n.room(l) > 0:
		n.hold(l, w)
	default:
		l.more = true
	}
	n.pump(l, a)
}

// configure takes over what the tenant's shard says of an endpoint.
func (n *node) configure(tx *partitions.Tx, in configured) error {
	key := in.key()
	had, found := n.endpoints.Get(tx, key)
	state, _ := n.states.Get(tx, key)
	if err := tx.Err(); err != nil {
		return err
	}
	if in.Deleted {
		n.endpoints.Delete(tx, key)
		n.states.Delete(tx, key)
		n.purges.After(tx, 0, key)
		n.committed(tx, func(d *desk, _ *begun) { n.drop(d, key) })
		return tx.Err()
	}
	if in.Row.Enabled && found && !had.Enabled { // what it did before does not count
		state.Failures, state.Trips, state.FailingSince, state.HeldUntil = 0, 0, time.Time{}, time.Time{}
		n.states.Put(tx, key, state)
	}
	n.endpoints.Put(tx, key, in.Row)
	n.committed(tx, func(d *desk, a *begun) {
		l := n.line(d, key, in.Row, state)
		if !in.Row.Enabled {
			n.drop(d, key)
			return
		}
		l.more = true
		n.pump(l, a)
	})
	return tx.Err()
}

// opened goes on with what waits on a shard that this node has taken.
func (n *node) opened(tx *partitions.Tx) error {
	if len(n.keys) == 0 {
		n.warned.Do(func() {
			n.logger().Warn("webhooks: secrets are stored in the clear: give keys to webhooks.Sealed", "hooks", n.name)
		})
	}
	for from := ""; ; {
		key := ""
		for at := range n.queue.Range(tx, from) {
			key = at[:strings.LastIndexByte(at, '/')]
			break
		}
		if key == "" {
			return tx.Err()
		}
		from = key + "0" // what follows "/"
		row, found := n.endpoints.Get(tx, key)
		state, _ := n.states.Get(tx, key)
		if found && row.Enabled {
			n.committed(tx, func(d *desk, a *begun) {
				l := n.line(d, key, row, state)
				l.more = true
				n.pump(l, a)
			})
		}
	}
}

// purgedAtOnce bounds the rows that one transaction removes.
const purgedAtOnce = 1000

// purge removes what is left of an endpoint that was deleted.
func (h *Hooks) purge(tx *partitions.Tx, key string) error {
	left := purgedAtOnce
	left = purgeRows(tx, h.queue, key, left)
	left = purgeRows(tx, h.seen, key, left)
	left = purgeRows(tx, h.attempts, key, left)
	left = purgeRows(tx, h.dead, key, left)
	if left = purgeRows(tx, h.deaths, key, left); left == 0 {
		h.purges.After(tx, time.Millisecond, key)
	}
	return tx.Err()
}

func purgeRows[V any](tx *partitions.Tx, t *partitions.Table[string, V], key string, left int) int {
	for at := range t.Range(tx, key+"/") {
		if left == 0 || !within(at, key) {
			break
		}
		t.Delete(tx, at)
		left--
	}
	return left
}
