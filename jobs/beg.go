package jobs

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/partitions"
)

// mostAsked is how many permits of a class a shard asks for at most.
const mostAsked = 1024

// governed says whether attempts of a kind have limits over all nodes.
func (n *Runner) governed(k *hired) bool { return n.bounds != (bounds{}) || k.bounds != (bounds{}) }

// begs says whether a flow's jobs wait for permits that were not asked for.
func (n *Runner) begs(l *backlog, k *hired) bool { return n.governed(k) && l.begged != l.added }

// able says whether jobs of a flow could come into the memory.
func (n *Runner) able(d *desk, l *backlog, k *hired) bool {
	return !k.full() && (!n.governed(k) || d.purses[classOf(l.tenant, l.kind)].Have > 0 && n.limits.narrow() > 0)
}

// begAll lets the desks with jobs that wait ask for permits.
func (n *Runner) begAll() {
	if !n.governs {
		return
	}
	for _, d := range slices.Clone(n.hungry) {
		n.beg(d)
	}
}

// beg lets a desk ask for permits, where this node could do more jobs.
func (n *Runner) beg(d *desk) {
	if d.begging || !d.open || d.paused || n.limits.narrow() <= 0 || !n.any(d, n.begs) {
		return
	}
	needy := false
	for _, l := range d.flows {
		if k := n.kinds[l.kind]; k != nil && n.begs(l, k) && n.budget(classOf(l.tenant, l.kind)) > 0 {
			needy = true
		}
	}
	if !needy {
		return
	}
	d.begging = true
	d.beside.Do(n.plead, func(tx *partitions.Tx, _ error) error {
		tx.Committed(func(partitions.Beside) { n.pleaded(d, nil) }) // and tried again when something else makes room
		return nil
	})
	n.sated(d) // the others first
	n.want(d)
}

// stir lets a desk ask for permits for a job that has come.
func (n *Runner) stir(d *desk) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !d.begging && !d.closed {
		n.want(d)
		n.beg(d)
	}
}

// budget is how many more permits of a class this node could use.
func (n *Runner) budget(class string) int {
	budget := n.limits.narrow()
	for _, d := range n.desks {
		budget -= d.purses[class].Have + d.purses[class].Asked
	}
	return min(budget, mostAsked)
}

// plea is what one transaction asks for.
type plea struct {
	most  int
	flows map[string]int // by prefix, how many were added
	whole bool           // permits for all that wait are asked for
}

// plead asks for permits for the jobs that wait.
func (n *Runner) plead(tx *partitions.Tx) error {
	d, pleas := n.desk(tx), make(map[string]*plea)
	n.mu.Lock()
	for prefix, l := range d.flows {
		k := n.kinds[l.kind]
		if k == nil || !n.governed(k) {
			continue
		}
		class := classOf(l.tenant, l.kind)
		p := pleas[class]
		if p == nil {
			p = &plea{most: n.budget(class), flows: make(map[string]int)}
			pleas[class] = p
		}
		p.flows[prefix] = l.added
	}
	n.mu.Unlock()
	var asks []ofPermit
	for class, p := range pleas {
		has, _ := n.purses.Get(tx, class)
		covered := has.Have + has.Asked
		waits := n.waiting(tx, p.flows, covered+max(p.most, 0)+1)
		p.whole = waits <= covered+max(p.most, 0)
		more := min(waits-covered, p.most)
		if more <= 0 {
			continue
		}
		has.Asked += more
		n.put(tx, d, class, has)
		asks = append(asks, ofPermit{Class: class, Count: more})
	}
	tx.Committed(func(partitions.Beside) { n.pleaded(d, pleas) })
	if len(asks) == 0 {
		return tx.Err()
	}
	return n.petition(tx, asks...)
}

// waiting counts the jobs of flows that wait, up to a number.
func (n *Runner) waiting(tx *partitions.Tx, flows map[string]int, most int) (count int) {
	for prefix := range flows {
		for turn := range n.ready.Range(tx, prefix) {
			if !strings.HasPrefix(turn, prefix) || count >= most {
				break
			}
			count++
		}
	}
	return count
}

// pleaded notes what was asked for.
func (n *Runner) pleaded(d *desk, pleas map[string]*plea) {
	n.mu.Lock()
	defer n.mu.Unlock()
	d.begging = false
	for _, p := range pleas {
		for prefix, added := range p.flows {
			if l := d.flows[prefix]; l != nil && p.whole {
				l.begged = added
			}
		}
	}
	if pleas != nil {
		n.refill()
	}
}
