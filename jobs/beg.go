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

// beggar notes that jobs of a flow may wait for permits that were not asked for.
func (n *Runner) beggar(d *desk, prefix string, l *backlog) {
	if k := n.kinds[l.kind]; k == nil || !n.governed(k) {
		return
	}
	if d.beggars[prefix] = l; l.begged == l.added {
		delete(d.beggars, prefix)
	}
}

// begAll lets the desks with jobs that wait ask for permits.
func (n *Runner) begAll() {
	if !n.governs {
		return
	}
	for _, d := range slices.Clone(n.hungry) {
		for _, l := range d.beggars {
			if !n.begs(d) {
				break
			}
			if n.needs(d, l) {
				n.beg(d)
				break
			}
		}
	}
}

// begs says whether a desk may ask for permits now, where this node could do more jobs.
func (n *Runner) begs(d *desk) bool {
	return !d.begging && d.open && !d.closed && !d.paused && n.limits.narrow() > 0
}

// needs says whether permits of a flow's class are to be asked for: where the desk has none and has asked for none, or the node has and has
// asked for less than half of what it could use.
func (n *Runner) needs(d *desk, l *backlog) bool {
	n.looks++
	class := classOf(l.tenant, l.kind)
	free, p := n.limits.narrow()-n.covered[class], d.purses[class]
	return free > 0 && (p.Have+p.Asked == 0 || free >= n.covered[class])
}

// beg lets a desk ask for permits.
func (n *Runner) beg(d *desk) {
	d.begging = true
	d.beside.Do(n.plead, func(tx *partitions.Tx, _ error) error {
		tx.Committed(func(partitions.Beside) { n.pleaded(d, nil) }) // and tried again when something else makes room
		return nil
	})
	n.sated(d) // the others first
	n.want(d)
}

// stir lets a desk ask for permits for a job of a flow that has come.
func (n *Runner) stir(d *desk, prefix string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.want(d)
	if l := d.beggars[prefix]; l != nil && n.begs(d) && n.needs(d, l) {
		n.beg(d)
	}
}

// budget is how many more permits of a class this node could use.
func (n *Runner) budget(class string) int { return min(n.limits.narrow()-n.covered[class], mostAsked) }

// plea is what one transaction asks for.
type plea struct {
	most  int
	flows map[string]int // by prefix, how many were added
	whole bool           // permits for all that wait are asked for
}

// plead asks for permits for the jobs that wait, of so many classes as a message may name.
func (n *Runner) plead(tx *partitions.Tx) error {
	d, pleas := n.desk(tx), make(map[string]*plea)
	n.mu.Lock()
	for _, l := range d.beggars {
		class := classOf(l.tenant, l.kind)
		if pleas[class] != nil || !n.needs(d, l) {
			continue
		}
		p := &plea{most: n.budget(class), flows: make(map[string]int)}
		for prefix, l := range d.ofClass(class) {
			p.flows[prefix] = l.added
		}
		if pleas[class] = p; len(pleas) == classesAtOnce {
			break
		}
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
				n.beggar(d, prefix, l)
			}
		}
	}
	if pleas != nil {
		n.refill()
	}
}
