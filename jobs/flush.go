package jobs

import (
	"fmt"

	"github.com/millrace/millrace/partitions"
)

// What bounds the ends that one call of a transaction writes, and what it takes into the memory.
const (
	endsAtOnce  = 2000
	bytesAtOnce = 8 << 20
	tellsAtOnce = 8000 // of the 10,000 messages that a call may emit
)

// weigh says how many bytes and messages there are of an end.
func (a *attempt) weigh() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tells = 3 // of the change, to a batch, and to who has asked
	a.weight += len(a.then) + len(a.outcome.result)
	for _, links := range [][]byte{a.row.then, a.then} {
		_ = fields(links, func(byte, []byte) { // what cannot be read is met when it is to be enqueued
			a.tells++
			a.weight += len(a.outcome.result)
		})
	}
}

// next are the ends to be written now, of those that a transaction has not written: at least one, if there are any.
func (d *desk) next(most int) []*attempt {
	left, bytes, tells := d.ended[d.written:], 0, 0
	for i, a := range left {
		bytes, tells = bytes+a.weight, tells+a.tells
		if i > 0 && (i == most || bytes > bytesAtOnce || tells > tellsAtOnce) {
			return left[:i]
		}
	}
	return left
}

// flush lets the ends of attempts be written, unless that is under way.
func (n *Runner) flush(d *desk) {
	if d.flushing || !d.open {
		return
	}
	d.flushing = true
	d.beside.Do(func(tx *partitions.Tx) error { return n.write(tx, endsAtOnce) }, n.writeOne)
}

// writeOne writes one end, since several together have failed: one of them is at fault.
func (n *Runner) writeOne(tx *partitions.Tx, cause error) error {
	d := n.desk(tx)
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(d.ended) == 0 || d.closed {
		d.flushing = false
		return nil
	}
	first := d.ended[0]
	first.outcome.tried++
	if first.outcome.tried > 1 { // once with others, and once alone
		reason := clip(fmt.Sprintf("its end as %s cannot be written: %v", first.outcome.state, cause))
		first.outcome = outcome{state: Dead, reason: reason, tried: first.outcome.tried}
	}
	d.beside.Do(func(tx *partitions.Tx) error { return n.write(tx, 1) }, n.writeOne)
	return nil
}

// write writes so many ends at most of the transaction's shard.
func (n *Runner) write(tx *partitions.Tx, most int) error {
	d := n.desk(tx)
	n.mu.Lock()
	batch := d.next(most)
	d.written += len(batch)
	n.mu.Unlock()
	tx.Committed(func(partitions.Beside) {}, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		d.written = max(d.written-len(batch), 0)
	})
	sums, back := make(map[countOf]int64), make(returns)
	for _, a := range batch {
		was := a.outcome.state
		if err := n.end(tx, d, a); err != nil {
			return err
		}
		back.add(a.row, !a.begun.IsZero())
		if was != Waiting {
			sums[countOf{a.kind.name, a.row.state}]++
		}
	}
	for of, count := range sums {
		ends.Add(tx, count, kindKey.String(of.kind), stateKey.String(string(of.state)))
	}
	if err := n.giveBack(tx, back); err != nil {
		return err
	}
	tx.Committed(func(partitions.Beside) { n.wrote(d, len(batch)) })
	return tx.Err()
}

type countOf struct {
	kind  string
	state State
}

// wrote forgets ends that are written.
func (n *Runner) wrote(d *desk, count int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.closed {
		return
	}
	crowded := n.limits.crowded()
	for _, a := range d.ended[:count] {
		n.limits.ends -= a.weight
		if d.live[a.row.key] == a {
			delete(d.live, a.row.key)
		}
		if n.suspect == a { // the next one may come
			n.clear(a)
			n.limits.total++
			n.refill()
		}
	}
	if crowded {
		n.refill()
	}
	d.ended = d.ended[count:]
	d.written = max(d.written-count, 0)
	d.flushing = false
	if len(d.ended) == 0 {
		d.ended = nil
		n.quiet.Broadcast()
	} else {
		n.flush(d)
	}
}

// end writes what has come of an attempt.
func (n *Runner) end(tx *partitions.Tx, d *desk, a *attempt) error {
	r, o := *a.row, a.outcome // the attempt's own stays as it is, since a transaction may be made again
	if a.touched {
		if value, found := n.live.Get(tx, r.key); found {
			now, err := decode(r.key, value)
			if err != nil {
				return err
			}
			r.cancelled, r.asking, r.reason = now.cancelled, now.asking, now.reason
		}
	}
	if o.uncount || o.state == Waiting {
		r.attempts--
	}
	if o.reason != "" {
		r.reason = o.reason
	}
	if said := a.said(); said != (Progress{}) {
		r.progress = said
	}
	r.result, r.due, r.permit = o.result, o.due, false
	if o.state == Done {
		r.then = a.follows()
	}
	n.live.Delete(tx, r.key)
	var err error
	switch state := o.state; {
	case r.cancelled:
		r.result = nil
		err = n.bury(tx, &r, Running, Cancelled)
	case state == Done && a.kind.retain == 0:
		r.state = Done
		err = n.vanish(tx, &r, Running)
	case state.Ended():
		err = n.bury(tx, &r, Running, state)
	case state == Waiting && a.begun.IsZero():
		r.starts--
		err = n.wait(tx, d, &r, Running)
	case state == Waiting:
		err = n.wait(tx, d, &r, Running)
	default:
		err = n.schedule(tx, &r, Running, state)
	}
	a.row.state = r.state
	return err
}
