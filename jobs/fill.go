package jobs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
)

// taking is what one transaction has found of a flow.
type taking struct {
	*backlog

	prefix string
	turns  []string
	added  int
	has    int // in the memory, by its weight
	empty  bool
}

// fill takes so many jobs into the memory, of each flow by its weight.
func (n *Runner) fill(tx *partitions.Tx, room int) error {
	d := n.desk(tx)
	n.mu.Lock()
	flows, shares := make([]*taking, 0, len(d.flows)), 0
	for prefix, l := range n.servable(d) {
		k := n.kinds[l.kind]
		if k.full() {
			continue
		}
		one := &taking{backlog: l, prefix: prefix, added: l.added}
		if f := n.fair.flow(l.tenant, flowOf{k, l.priority}, false); f != nil {
			one.has = f.memory * mostTurns / weight(l.priority)
		}
		flows = append(flows, one)
		shares += weight(l.priority)
	}
	slices.SortFunc(flows, func(a, b *taking) int { return cmp.Or(cmp.Compare(a.has, b.has), cmp.Compare(a.prefix, b.prefix)) })
	if d.paused || n.draining {
		flows = nil
	}
	ended := n.limits.total
	n.mu.Unlock()
	left, bytes, kinds := room, bytesAtOnce, make(map[string]int)
	for range 3 { // what some do not need is for the others
		for _, l := range flows {
			share := min(max(room*weight(l.priority)/shares, 1), left, n.most(l)-kinds[l.kind], n.spare(tx, l.backlog))
			if share > 0 && bytes > 0 && !l.empty {
				taken, read, err := n.take(tx, d, l, share, bytes)
				if err != nil {
					return err
				}
				n.spend(tx, d, l.backlog, taken)
				left, bytes = left-taken, bytes-read
				kinds[l.kind] += taken
			}
		}
	}
	tx.Committed(func(partitions.Beside) { n.filled(d, flows, ended) })
	return tx.Err()
}

// most is how many jobs of a flow's kind may come into the memory.
func (n *Runner) most(l *taking) int {
	k := n.kinds[l.kind]
	n.mu.Lock()
	defer n.mu.Unlock()
	most := grantedAtOnce
	if k.concurrency > 0 {
		most = 2*k.concurrency - k.memory //nolint:mnd // as full says
	}
	if n.governed(k) || k.retry.Attempts < attemptsToSpare {
		most = min(most, n.limits.workers-n.limits.memory)
	}
	return most
}

// take takes the next jobs of a flow into the memory, until it has read so many bytes.
func (n *Runner) take(tx *partitions.Tx, d *desk, l *taking, most, bytes int) (taken, read int, err error) {
	from, turns := l.cursor, make([]string, 0, most+passedOver)
	if len(l.turns) > 0 {
		from = l.turns[len(l.turns)-1]
	}
	l.empty = true
	for turn := range n.ready.Range(tx, from) {
		if !strings.HasPrefix(turn, l.prefix) {
			break
		}
		if len(turns) == most+passedOver {
			l.empty = false
			break
		}
		turns = append(turns, turn)
	}
	for _, turn := range turns {
		if taken == most || read >= bytes {
			l.empty = false
			break
		}
		key := l.tenant + "/" + turn[len(l.prefix)+8:]
		value, found := n.held.Get(tx, key)
		if !found {
			n.ready.Delete(tx, turn)
			continue
		}
		read += len(value)
		r, err := decode(key, value)
		if err != nil {
			return taken, read, err
		}
		if r.lost > 0 && !n.begins(r, taken) {
			l.added = -1 // the flow stays as it is
			continue
		}
		n.ready.Delete(tx, turn)
		n.held.Delete(tx, key)
		r.permit = n.governed(n.kinds[l.kind])
		if err := n.admit(tx, d, r, Waiting, false); err != nil {
			return taken, read, err
		}
		l.turns = append(l.turns, turn)
		taken++
	}
	return taken, read, tx.Err()
}

// passedOver is how many jobs of a flow may be passed over that wait until a worker is free for them.
const passedOver = 16

// begins says whether a job whose attempt was lost can begin at once, beside so many others.
func (n *Runner) begins(r *row, beside int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.limits.workers-n.limits.memory > beside && (!r.suspect() || n.suspect == nil)
}

// filled notes what a transaction has taken into the memory.
func (n *Runner) filled(d *desk, flows []*taking, ended int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.closed {
		return
	}
	n.limits.granted -= d.granted
	d.granted, d.filling = 0, false
	taken := 0
	for _, l := range flows {
		taken += len(l.turns)
		if l.empty && l.added == l.backlog.added {
			delete(d.flows, l.prefix)
			delete(d.beggars, l.prefix)
		} else if len(l.turns) > 0 && l.added == l.backlog.added {
			l.cursor = l.turns[len(l.turns)-1]
		}
	}
	if taken == 0 && ended == n.limits.total { // the others first: for this one something has to end
		n.refill()
		n.want(d)
		return
	}
	n.want(d)
	n.refill()
}
