package jobs

import (
	"slices"
	"time"

	"github.com/millrace/millrace/partitions"
)

// want puts a desk among those that have jobs which wait.
func (n *Runner) want(d *desk) {
	if !d.hungry && !d.filling && !d.paused && !d.closed && len(d.flows) > 0 {
		d.hungry = true
		n.hungry = append(n.hungry, d)
	}
}

// sated takes it away from there.
func (n *Runner) sated(d *desk) {
	if d.hungry {
		d.hungry = false
		n.hungry = slices.DeleteFunc(n.hungry, func(other *desk) bool { return other == d })
	}
}

// grantedAtOnce bounds the jobs that one transaction takes into the memory.
const grantedAtOnce = 2000

// What lets a refill rest after it has looked at more flows than these: so long for each of them.
const (
	looksAtOnce = 1000
	restPerLook = 2 * time.Microsecond
)

// refill takes jobs into the memory that wait as rows, where there is room. Where many flows were looked at for that since the last time, the
// next time is a while after: ends of attempts that come one after the other do not look at all of them each.
func (n *Runner) refill() {
	if n.resting {
		n.missed = true
		return
	}
	n.fillUp()
	looks := n.looks - n.seen
	if n.seen = n.looks; looks > looksAtOnce {
		n.resting = true
		time.AfterFunc(time.Duration(looks)*restPerLook, n.rested)
	}
}

// rested goes on with what was missed meanwhile.
func (n *Runner) rested() {
	n.mu.Lock()
	defer n.mu.Unlock()
	missed := n.missed
	if n.resting, n.missed = false, false; missed {
		n.refill()
	}
}

// fillUp gives room to one shard after the other.
func (n *Runner) fillUp() {
	if n.draining || len(n.hungry) == 0 {
		n.limits.emptied = false
		return
	}
	n.begAll()
	if step := max(n.limits.ahead()/4, 1); n.limits.free() >= step { //nolint:mnd // not for each that ends
		n.grantAll(step)
	}
	if !n.limits.emptied {
		return
	}
	n.limits.emptied = false
	for _, d := range slices.Clone(n.hungry) {
		if d.leased && n.limits.extra() && n.starves(d) {
			n.grant(d, 1)
		}
	}
}

// grantAll gives room to the desks that have jobs which wait, as long as there is as much as a step.
func (n *Runner) grantAll(step int) {
	for _, d := range slices.Clone(n.hungry) {
		free := n.limits.free()
		if free < step {
			return
		}
		if d.leased && n.able(d) {
			n.grant(d, n.share(free))
		}
	}
}

// share is how much of the free room is for one of the desks that have jobs which wait.
func (n *Runner) share(free int) int {
	return min(max(free/len(n.hungry), min(free, 64)), grantedAtOnce) //nolint:mnd // a transaction's worth
}

// able says whether jobs of a desk that wait could come into the memory.
func (n *Runner) able(d *desk) bool {
	for _, l := range n.servable(d) {
		if k := n.kinds[l.kind]; !k.full() && (!n.governed(k) || n.limits.narrow() > 0) {
			return true
		}
	}
	return false
}

// starves says whether a desk has a flow that waits as rows and has nothing in the memory.
func (n *Runner) starves(d *desk) bool {
	for _, l := range n.servable(d) {
		k := n.kinds[l.kind]
		if n.governed(k) || k.full() {
			continue
		}
		if f := n.fair.flow(l.tenant, flowOf{k, l.priority}, false); f == nil || f.memory == 0 {
			return true
		}
	}
	return false
}

func (n *Runner) grant(d *desk, room int) {
	n.sated(d)
	d.filling, d.granted = true, room
	n.limits.granted += room
	d.beside.Do(func(tx *partitions.Tx) error { return n.fill(tx, room) }, func(tx *partitions.Tx, _ error) error {
		d := n.desk(tx)
		tx.Committed(func(partitions.Beside) { n.filled(d, nil, 0) }) // and tried again when something else makes room
		return nil
	})
}
