package jobs

import (
	"slices"

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

// refill takes jobs into the memory that wait as rows, where there is room: of one shard after the other.
func (n *Runner) refill() {
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
		if d.open && n.limits.extra() && n.any(d, n.starves) {
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
		if !d.open || !n.any(d, func(l *backlog, k *hired) bool { return n.able(d, l, k) }) {
			continue
		}
		n.grant(d, min(max(free/len(n.hungry), min(free, 64)), grantedAtOnce)) //nolint:mnd // a transaction's worth
	}
}

// any says whether one of the flows of a desk that this node knows the kind of is as asked for.
func (n *Runner) any(d *desk, is func(*backlog, *hired) bool) bool {
	for _, l := range d.flows {
		if k := n.kinds[l.kind]; k != nil && is(l, k) {
			return true
		}
	}
	return false
}

// starves says of a flow that waits as rows whether it has nothing in the memory.
func (n *Runner) starves(l *backlog, k *hired) bool {
	f := n.fair.flow(l.tenant, flowOf{k, l.priority}, false)
	return !k.full() && !n.governed(k) && (f == nil || f.memory == 0)
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
