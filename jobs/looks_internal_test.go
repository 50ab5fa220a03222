package jobs

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// scarce is a runner with a desk on which each of many tenants has a flow that waits for permits of a kind.
func scarce(tenants int, has purse) (*Runner, *desk) {
	n := &Runner{
		kinds: map[string]*hired{"few": {kind: &kind{name: "few", bounds: bounds{all: bound{atOnce: 5}}}}}, governs: true,
		fair: newFair(), limits: limits{workers: 100}, desks: make(map[int32]*desk), covered: make(map[string]int),
	}
	d := &desk{runner: n, open: true, flows: make(map[string]*backlog)}
	d.purses, d.rich, d.beggars = make(map[string]purse), make(map[string]struct{}), make(map[string]*backlog)
	n.desks[0] = d
	for i := range tenants {
		tenant := fmt.Sprint("t", i)
		l := newBacklog(prefixOf(tenant, usualPriority, "few"))
		l.added = 200
		d.flows[l.cursor] = l
		n.beggar(d, l.cursor, l)
		n.hold(d, classOf(tenant, "few"), has)
	}
	n.want(d)
	return n, d
}

// TestLooks ends attempts while twenty thousand tenants wait for permits: an end looks at none of them where all was asked for, and many ends
// together look at each once where more may be.
func TestLooks(t *testing.T) {
	t.Parallel()
	const tenants, ends = 20_000, 1000
	synctest.Test(t, func(t *testing.T) {
		end := func(n *Runner) (looks int) {
			n.mu.Lock()
			defer n.mu.Unlock()
			before := n.looks
			n.refill()
			return n.looks - before
		}
		asked, d := scarce(tenants, purse{Asked: 1})
		for prefix, l := range d.flows {
			l.begged = l.added
			asked.beggar(d, prefix, l)
		}
		more, d := scarce(tenants, purse{Asked: 100})
		looks := 0
		for range ends {
			if one := end(asked); one != 0 {
				t.Fatalf("an end has looked at %d flows that have asked for all they need", one)
			}
			looks += end(more)
		}
		if looks != tenants {
			t.Errorf("%d ends at once have looked at %d flows of %d", ends, looks, tenants)
		}
		before := more.looks
		<-time.After(tenants*restPerLook - time.Nanosecond)
		if synctest.Wait(); more.looks != before {
			t.Error("it does not rest as long as it is to")
		}
		<-time.After(time.Nanosecond)
		if synctest.Wait(); more.looks != before+tenants {
			t.Errorf("after its rest it has looked at %d flows of %d", more.looks-before, tenants)
		}
		<-time.After(time.Hour)
		if more.looks != before+tenants {
			t.Error("it looks although nothing has ended")
		}
		before = more.looks
		more.hold(d, classOf("t7", "few"), purse{Have: 1})
		if !more.able(d) || more.looks != before+1 {
			t.Errorf("to find the one that has a permit, it has looked at %d flows", more.looks-before)
		}
	})
}

// TestCovered adds up what all desks have and have asked for, also as they come and go.
func TestCovered(t *testing.T) {
	t.Parallel()
	n, d := scarce(3, purse{Have: 2, Asked: 5})
	empty := func() *desk {
		return &desk{runner: n, wallet: wallet{purses: make(map[string]purse), rich: make(map[string]struct{})}}
	}
	other := empty()
	class := classOf("t1", "few")
	n.hold(other, class, purse{Asked: 50})
	if n.covered[class] != 57 || n.budget(class) != 43 {
		t.Errorf("%d are covered, and %d may be asked for", n.covered[class], n.budget(class))
	}
	if l := d.flows[prefixOf("t1", usualPriority, "few")]; n.needs(d, l) || n.needs(other, l) || !n.needs(empty(), l) {
		t.Error("where a node has asked for more than half, a desk is to ask that has asked for none, and no other one")
	}
	n.hold(d, class, purse{Have: 1})
	n.close(other)
	n.hold(d, classOf("t2", "few"), purse{})
	if n.covered[class] != 1 || len(n.covered) != 2 || len(d.rich) != 2 || len(other.purses) != 0 {
		t.Errorf("covered are %v, with permits %v", n.covered, d.rich)
	}
}
