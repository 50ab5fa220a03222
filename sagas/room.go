package sagas

import (
	"fmt"
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
)

// queued is a saga that could go on and waits until there is room in the memory. Its row is all that there is of it.
type queued struct {
	Key string `json:"key"`
	// Begun says that what has no entry may have happened.
	Begun bool `json:"begun,omitempty"`
}

// fillAtOnce bounds the sagas that one transaction takes into the memory.
const fillAtOnce = 64

// reserve takes room for one run, if there is any and nobody waits for it, until the transaction has ended.
func (n *runner) reserve(d *desk) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.resident+n.reserved >= n.room || n.wanting > 0 || d.closed {
		return false
	}
	d.reserved++
	n.reserved++
	return true
}

// release gives back room that was reserved, unless that was done with all of the desk's.
func (n *runner) release(d *desk) {
	if d.reserved > 0 {
		d.reserved--
		n.reserved--
	}
}

// enqueue lets a saga wait for room, behind those that do so already.
func (n *runner) enqueue(tx *partitions.Tx, key string, h *head, begun bool) {
	h.Queued = fmt.Sprintf("%016x/%s", tx.Now().UnixNano(), key)
	n.queue.Put(tx, h.Queued, queued{Key: key, Begun: begun})
	n.committed(tx, func(d *desk) {
		n.mu.Lock()
		n.want(d, d.interrupted, true)
		n.mu.Unlock()
		n.refill()
	})
}

// crowded says whether sagas wait for room.
func (n *runner) crowded() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.wanting > 0
}

// want notes what of a desk waits for room, unless its shard has left.
func (n *runner) want(d *desk, interrupted []string, queued bool) {
	before := d.wanting()
	if !d.closed {
		d.interrupted, d.queued = interrupted, queued
	}
	switch is := d.wanting(); {
	case is && !before:
		n.wanting++
	case before && !is:
		n.wanting--
	}
}

func (d *desk) wanting() bool { return d.queued || len(d.interrupted) > 0 }

// refill takes sagas into the memory that wait for it, where there is room: of the shard whose turn it is.
func (n *runner) refill() {
	n.mu.Lock()
	var next *desk
	for _, d := range n.desks {
		if d.wanting() && d.granted == 0 && !d.failed && (next == nil || d.filled < next.filled) {
			next = d
		}
	}
	room := min(n.room-n.resident-n.reserved, fillAtOnce)
	if next == nil || room <= 0 {
		n.mu.Unlock()
		return
	}
	n.filled++
	n.reserved += room
	next.granted, next.filled = room, n.filled
	n.mu.Unlock()
	next.beside.Do(func(tx *partitions.Tx) error { return n.fill(tx, room) }, func(tx *partitions.Tx, _ error) error {
		n.committed(tx, n.unfilled)
		return nil
	})
}

// taken gives back the room that a shard was granted. What it has taken of it is counted by itself.
func (n *runner) taken(d *desk) {
	n.reserved -= d.granted
	d.granted = 0
}

// fillPause is how long a shard is passed over whose sagas could not be taken into the memory.
const fillPause = 5 * time.Second

// unfilled gives back the room that a shard was granted and could not fill, to others first.
func (n *runner) unfilled(d *desk) {
	n.mu.Lock()
	n.taken(d)
	d.failed = true
	n.mu.Unlock()
	n.refill()
	time.AfterFunc(fillPause, func() {
		n.mu.Lock()
		d.failed = false
		n.mu.Unlock()
		n.refill()
	})
}

// fill takes sagas into the memory: those that were in the memory of the last owner first, then those that wait longest.
func (n *runner) fill(tx *partitions.Tx, room int) error {
	d := n.desk(tx)
	n.mu.Lock()
	interrupted := d.interrupted[:min(len(d.interrupted), room)]
	n.mu.Unlock()
	for _, key := range interrupted {
		activation, active := n.active.Get(tx, key)
		if h, found := n.rows.Get(tx, key); active && found {
			l := n.load(tx, key, h)
			l.activation, l.recovered = activation, true
			n.enter(tx, l)
		}
	}
	more, err := n.dequeue(tx, room-len(interrupted))
	n.committed(tx, func(d *desk) { n.filledUp(d, len(interrupted), more) })
	return err
}

// filledUp notes what of a desk is in the memory now, unless its shard has left since.
func (n *runner) filledUp(d *desk, interrupted int, more bool) {
	n.mu.Lock()
	n.taken(d)
	if !d.closed {
		n.want(d, slices.Clone(d.interrupted[interrupted:]), more)
	}
	n.mu.Unlock()
	n.refill()
}

// dequeue takes so many at most of those that wait for room, and says whether there are more.
func (n *runner) dequeue(tx *partitions.Tx, most int) (more bool, err error) {
	for at, q := range n.queue.Range(tx) {
		if most--; most < 0 {
			return true, tx.Err()
		}
		n.queue.Delete(tx, at)
		h, found := n.rows.Get(tx, q.Key)
		if !found || h.Queued != at {
			continue
		}
		h.Queued = ""
		l := n.load(tx, q.Key, h)
		l.recovered = q.Begun
		n.admit(tx, l)
		n.rows.Put(tx, q.Key, h)
	}
	return false, tx.Err()
}

// placePatience is how long a run waits to begin a step while others wait for room, until it gives its own up.
const placePatience = 2 * time.Second

// giveWay lets a run whose next step cannot begin wait for room again, behind all others: its rows have all that there is of it.
func (r *run) giveWay(tx *partitions.Tx) error {
	n := r.runner
	h, _ := n.rows.Get(tx, r.key)
	activation, active := n.active.Get(tx, r.key)
	if err := tx.Err(); err != nil {
		return err
	}
	r.leave(tx)
	if active && activation == r.activation && tx.Token() == r.token {
		n.active.Delete(tx, r.key)
		n.enqueue(tx, r.key, &h, r.recovered)
		n.rows.Put(tx, r.key, h)
	}
	return nil
}
