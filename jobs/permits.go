package jobs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// A class of jobs is what shares its limits: those of a tenant and a kind. It is named by these, with a zero byte between.
func classOf(tenant, kind string) string { return tenant + "\x00" + kind }

// purse is the permits of a class that a shard has.
type purse struct {
	Have  int  `json:"have,omitempty"`  // that no attempt uses
	Asked int  `json:"asked,omitempty"` // that it is still to be given
	Armed bool `json:"armed,omitempty"` // it is looked whether they are used
}

// petition is what a shard asks of the one that gives permits, or what it is given.
type petition struct {
	Shard int32      `json:"shard"`
	Of    []ofPermit `json:"of"`
}

type ofPermit struct {
	Class  string `json:"class"`
	Count  int    `json:"count,omitempty"`  // asked for, or given
	Back   int    `json:"back,omitempty"`   // given back, after use
	Unused int    `json:"unused,omitempty"` // given back
}

// permits are the rows of limits.
type permits struct {
	purses *partitions.Table[string, purse]
	claims *partitions.Table[string, claim] // of other shards, where permits are given
	usages *partitions.Table[string, usage] // there too
}

func newPermits() permits {
	return permits{
		purses: partitions.NewTable[string, purse]("purse"), claims: partitions.NewTable[string, claim]("claim"),
		usages: partitions.NewTable[string, usage]("usage"),
	}
}

// unusedFor is how long a permit may be unused.
const unusedFor = time.Second

// given takes permits in.
func (n *Runner) given(tx *partitions.Tx, grant petition) error {
	d := n.desk(tx)
	for _, g := range grant.Of {
		p, _ := n.purses.Get(tx, g.Class)
		p.Have, p.Asked = p.Have+g.Count, max(p.Asked-g.Count, 0)
		if !p.Armed {
			p.Armed = true
			n.at(tx, tx.Now().Add(unusedFor), dueUnused, g.Class)
		}
		n.put(tx, d, g.Class, p)
	}
	tx.Committed(func(partitions.Beside) { n.again(d) })
	return tx.Err()
}

// again lets a desk go on whose permits have changed, and ask anew for some of classes.
func (n *Runner) again(d *desk, classes ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, class := range classes {
		for prefix, l := range d.ofClass(class) {
			l.begged = -1
			n.beggar(d, prefix, l)
		}
	}
	n.want(d)
	if free := n.limits.free(); n.resting && d.hungry && d.leased && free > 0 && n.able(d) {
		n.grant(d, n.share(free))
	}
	n.refill()
}

// unused gives permits back that were not used for a while.
func (n *Runner) unused(tx *partitions.Tx, class string) error {
	d := n.desk(tx)
	p, _ := n.purses.Get(tx, class)
	have := p.Have
	p.Have, p.Armed = 0, false
	n.put(tx, d, class, p)
	if have == 0 {
		return tx.Err()
	}
	tx.Committed(func(partitions.Beside) { n.again(d, class) })
	return n.petition(tx, ofPermit{Class: class, Unused: have})
}

// spare is how many permits there are for jobs of a flow.
func (n *Runner) spare(tx *partitions.Tx, l *backlog) int {
	if !n.governed(n.kinds[l.kind]) {
		return grantedAtOnce
	}
	p, _ := n.purses.Get(tx, classOf(l.tenant, l.kind))
	return p.Have
}

// spend uses permits for jobs of a flow.
func (n *Runner) spend(tx *partitions.Tx, d *desk, l *backlog, count int) {
	if count == 0 || !n.governed(n.kinds[l.kind]) {
		return
	}
	class := classOf(l.tenant, l.kind)
	p, _ := n.purses.Get(tx, class)
	p.Have -= count
	n.put(tx, d, class, p)
}

// returns are permits of attempts that have ended, by class.
type returns map[string]ofPermit

// add adds the permit of a job, if it has one.
func (r returns) add(job *row, used bool) {
	if !job.permit {
		return
	}
	tenant, _ := parseKey(job.key)
	class := classOf(string(tenant), job.kind)
	of := r[class]
	of.Class = class
	if used {
		of.Back++
	} else {
		of.Unused++
	}
	r[class] = of
}

func (n *Runner) giveBack(tx *partitions.Tx, r returns) error {
	if len(r) == 0 {
		return nil
	}
	return n.petition(tx, slices.SortedFunc(maps.Values(r), func(a, b ofPermit) int { return strings.Compare(a.Class, b.Class) })...)
}

// governor is on the shard that gives the queue's permits.
const governor = "limits"

// classesAtOnce bounds the classes that one message names: a record has 1 MB at most.
const classesAtOnce = 500

// petition tells it what is wanted and what is given back.
func (n *Runner) petition(tx *partitions.Tx, of ...ofPermit) error {
	for some := range slices.Chunk(of, classesAtOnce) {
		value, err := json.Marshal(petition{Shard: tx.Shard(), Of: some})
		if err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
		tx.Emit(send(controlPetition, n.queue, "", governor, value))
	}
	return tx.Err()
}

// grantTo gives permits to a shard.
func (n *Runner) grantTo(tx *partitions.Tx, shard int32, of []ofPermit) error {
	for some := range slices.Chunk(of, classesAtOnce) {
		value, err := json.Marshal(petition{Shard: shard, Of: some})
		if err != nil {
			return fmt.Errorf("jobs: %w", err)
		}
		tx.Emit(telling(controlGrant, n.queue, governor, value).To(bus.Partition(shard)).Message())
	}
	return tx.Err()
}
