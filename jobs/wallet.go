package jobs

import (
	"iter"
	"maps"
	"strings"

	"github.com/millrace/millrace/partitions"
)

// wallet is what a desk knows of its permits, as far as it is committed.
type wallet struct {
	purses  map[string]purse    // by class
	rich    map[string]struct{} // classes of which it has permits that no attempt uses
	beggars map[string]*backlog // flows, by prefix, whose jobs wait for permits that were not asked for
	begging bool

	governing bool
	walk      walk
}

// settle begins with a shard's permits.
func (n *Runner) settle(tx *partitions.Tx, d *desk) {
	purses := maps.Collect(n.purses.Range(tx))
	n.mu.Lock()
	for class, p := range purses {
		n.hold(d, class, p)
	}
	n.mu.Unlock()
	for range n.claims.Range(tx) {
		n.govern(tx, d)
		break
	}
}

// put changes a purse.
func (n *Runner) put(tx *partitions.Tx, d *desk, class string, p purse) {
	if p == (purse{}) {
		n.purses.Delete(tx, class)
	} else {
		n.purses.Put(tx, class, p)
	}
	tx.Committed(func(partitions.Beside) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if !d.closed {
			n.hold(d, class, p)
		}
	})
}

// hold notes what a purse is now. The runner knows the sum of a class's over all of its desks.
func (n *Runner) hold(d *desk, class string, p purse) {
	was := d.purses[class]
	if n.covered[class] += p.Have + p.Asked - was.Have - was.Asked; n.covered[class] == 0 {
		delete(n.covered, class)
	}
	if d.purses[class] = p; p == (purse{}) {
		delete(d.purses, class)
	}
	if d.rich[class] = struct{}{}; p.Have <= 0 {
		delete(d.rich, class)
	}
}

// drop forgets all purses of a desk.
func (n *Runner) drop(d *desk) {
	for class := range d.purses {
		n.hold(d, class, purse{})
	}
}

// ofClass are the flows of a class that have jobs which wait, by prefix: one for each priority.
func (d *desk) ofClass(class string) iter.Seq2[string, *backlog] {
	tenant, kind, _ := strings.Cut(class, "\x00")
	return func(yield func(string, *backlog) bool) {
		for priority := uint8(1); priority <= lowest; priority++ {
			prefix := prefixOf(tenant, priority, kind)
			if l := d.flows[prefix]; l != nil && !yield(prefix, l) {
				return
			}
		}
	}
}

// hiring says whether there is a kind without limits of which more attempts may come into the memory.
func (n *Runner) hiring() bool {
	for _, k := range n.kinds {
		if !n.governed(k) && !k.full() {
			return true
		}
	}
	return false
}

// servable are the flows of a desk whose jobs may have what they need to come into the memory: of those that have limits, such as have permits.
func (n *Runner) servable(d *desk) iter.Seq2[string, *backlog] {
	return func(yield func(string, *backlog) bool) {
		for class := range d.rich {
			n.looks++
			for prefix, l := range d.ofClass(class) {
				if k := n.kinds[l.kind]; k != nil && n.governed(k) && !yield(prefix, l) {
					return
				}
			}
		}
		if !n.hiring() {
			return
		}
		for prefix, l := range d.flows {
			n.looks++
			if k := n.kinds[l.kind]; k != nil && !n.governed(k) && !yield(prefix, l) {
				return
			}
		}
	}
}
