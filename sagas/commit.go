package sagas

import (
	"errors"
	"slices"

	"github.com/millrace/millrace/partitions"
)

// commit makes a turn durable, and begins what follows from it. It is called again where a transaction has to be made again, and
// changes nothing in memory.
func (r *run) commit(tx *partitions.Tx, p *plan) error {
	n := r.runner
	h, _ := n.rows.Get(tx, r.key)
	activation, active := n.active.Get(tx, r.key)
	if err := tx.Err(); err != nil {
		return err
	}
	if !active || activation != r.activation || tx.Token() != r.token {
		r.leave(tx)
		return nil
	}
	c := &committing{Tx: tx, run: r, head: h, fresh: p.fresh}
	if p.views != nil {
		c.head.Views, c.changed = p.views, true
	}
	steps := c.settle(p)
	if c.failed != nil {
		return c.failed
	}
	if p.end == "" && p.renew == nil { // otherwise nothing of the journal stays
		c.write()
	}
	switch {
	case p.park != "":
		c.head.Was, c.head.Status, c.head.Parked, c.head.Sure = c.head.Status, Parked, p.park, p.sure
		for _, w := range p.doubts {
			c.head.set(w)
		}
		n.active.Delete(tx, r.key)
		r.leave(tx)
	case p.renew != nil:
		r.leave(tx)
		return c.renew(p)
	case p.end != "":
		r.leave(tx)
		return n.end(tx, r.key, c.head, ending{
			status: p.end, reason: p.reason, result: p.result, input: r.input,
			entries: slices.Concat(p.entries, c.extra), pages: p.pages, done: c.done(),
		})
	case !p.active && len(steps)+len(c.got) == 0 && c.covers(p.waits):
		if c.head.Status == Running {
			c.head.Status = Waiting
		}
		n.active.Delete(tx, r.key)
		r.leave(tx)
	default:
		c.goOn(steps, p.waits)
	}
	if p.reason != "" && c.head.Status == Running {
		c.head.Status = Compensating
		if c.head.Reason == "" {
			c.head.Reason = p.reason
		}
	}
	err := n.tell(tx, r.key, &c.head, c.done())
	if c.changed || c.head.Status != h.Status || c.head.Told != h.Told {
		c.head.Changed = tx.Now()
		n.rows.Put(tx, r.key, c.head)
	}
	return err
}

// committing is the transaction of a turn.
type committing struct {
	*partitions.Tx

	run     *run
	head    head
	changed bool
	fresh   []Entry // of the turn
	extra   []Entry // that the transaction adds
	got     []outcome
	back    []Entry // signals that have come for who does not want them any more
	failed  error
}

func (c *committing) fail(err error) { c.failed = errors.Join(c.failed, err) }

// settle arms what is to be waited for, or finds that it has come, and returns the attempts that are still to be made.
func (c *committing) settle(p *plan) (steps []*op) {
	for _, e := range c.fresh {
		c.drop(e)
	}
	c.giveBack()
	for _, o := range p.arms {
		if c.head.Cancel {
			c.add(cancelled(o, c.Now()))
		} else {
			c.arm(o)
		}
	}
	for _, w := range p.again {
		if c.head.Cancel && w.Kind == KindStep && !w.Unknown {
			c.add(cancelled(&op{at: w.At, kind: w.Kind, name: w.Name}, c.Now()))
			continue
		}
		c.head.set(w)
		c.changed = true
		c.run.runner.timers.At(c.Tx, w.Due, timerKey(w.At, c.run.key))
	}
	for _, o := range p.steps {
		if c.head.Cancel && o.kind == KindStep && !o.tried.Unknown {
			c.add(cancelled(o, c.Now()))
			continue
		}
		steps = append(steps, o)
	}
	return steps
}

// write puts the entries into the journal.
func (c *committing) write() {
	journal := c.run.runner.journal
	for _, entries := range paginate(c.fresh) {
		journal.Put(c.Tx, pageKey(c.run.key, entries[0].At), page{Entries: entries})
	}
	for i, e := range c.extra {
		c.got[i].page = pageKey(c.run.key, e.At)
		journal.Put(c.Tx, c.got[i].page, page{Entries: c.extra[i : i+1]})
	}
}

// paginate cuts entries into what fits a row. What a branch has lost has a row of its own, as what came for it in the last moment
// has: it is overwritten.
func paginate(entries []Entry) (pages [][]Entry) {
	from, size := 0, 0
	for i, e := range entries {
		if size += len(e.Out) + maxText; i > from && (size > maxResult || e.lost() || entries[i-1].lost()) {
			pages, from, size = append(pages, entries[from:i]), i, len(e.Out)+maxText
		}
	}
	if from < len(entries) {
		pages = append(pages, entries[from:])
	}
	return pages
}

// covers says whether the saga's row has all that the flow waits for, so that something will wake it.
func (c *committing) covers(waits []string) bool {
	for _, at := range waits {
		i := c.head.waitAt(at)
		if i < 0 || c.head.Waits[i].Due.IsZero() && (c.head.Waits[i].Kind == KindStep || c.head.Waits[i].Kind == KindUndo) {
			return false
		}
	}
	return true
}

// done are the steps and undos that have ended, as others are told of them.
func (c *committing) done() []Done {
	var done []Done
	for _, e := range slices.Concat(c.fresh, c.extra) {
		if e.Kind == KindStep || e.Kind == KindUndo {
			done = append(done, doneOf(e))
		}
	}
	return done
}
