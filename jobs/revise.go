package jobs

import (
	"github.com/millrace/millrace/partitions"
)

// cancel cancels a job. Of one that runs the answer, if later keeps it, comes when it has ended.
func (n *Runner) cancel(tx *partitions.Tx, key string, later ...func(*partitions.Tx) partitions.Question) (Description, error) {
	r, err := n.find(tx, key)
	if err != nil {
		return Description{}, err
	}
	was := r.state
	switch {
	case r.state.Ended():
		return n.describe(tx, r), nil
	case r.state != Running:
		r.reason = "it was cancelled"
		n.unhold(tx, r)
		err = n.bury(tx, r, was, Cancelled)
		return n.describe(tx, r), err
	}
	d := n.desk(tx)
	n.mu.Lock()
	a := d.live[key]
	if a != nil {
		a.touched = true
	}
	begun := a != nil && (!a.begun.IsZero() || a.over)
	if a != nil && !begun { // and is not to begin, whatever becomes of this transaction
		n.giveUp(a)
		a.outcome = outcome{state: Cancelled}
		n.note(a)
	}
	n.mu.Unlock()
	r.cancelled, r.reason = true, "it was cancelled"
	for _, keep := range later {
		r.asking = append(r.asking, keep(tx))
	}
	n.live.Put(tx, key, r.encode())
	tx.Committed(func(partitions.Beside) {
		n.mu.Lock()
		defer n.mu.Unlock()
		if a := d.live[key]; a != nil {
			a.touched = true
			switch {
			case !a.begun.IsZero():
				a.interrupt(ErrCancelled)
			case !a.over: // it came into the memory by this transaction
				n.giveUp(a)
				a.outcome = outcome{state: Cancelled}
				n.note(a)
			}
		}
	})
	return Description{}, tx.Err()
}

// reply answers those who wait for a job's cancellation.
func (n *Runner) reply(tx *partitions.Tx, r *row, asking []partitions.Question) {
	if len(asking) > 0 {
		n.ask.Reply(tx, n.describe(tx, r), asking...)
	}
}

// revive lets a job that has ended begin again, or forgets it.
func (n *Runner) revive(tx *partitions.Tx, key string, again bool) (Description, error) {
	r, err := n.find(tx, key)
	switch {
	case err != nil:
		return Description{}, err
	case !again && !r.state.Ended():
		return Description{}, unfit(r, "discarded")
	case again && (r.state != Dead && r.state != Cancelled || r.kind == ""):
		return Description{}, unfit(r, "redriven")
	}
	n.past.Delete(tx, key)
	if !again {
		return n.describe(tx, r), tx.Err()
	}
	was := r.state
	r.attempts, r.cancelled, r.lost, r.due, r.changed = 0, false, 0, 0, 0
	if r.unique != "" {
		if value, found := n.unique.Get(tx, uniqueRow(r)); found {
			if _, id := parseUnique(value); id != "" {
				return Description{}, &partitions.AskError{Code: codeState, Message: "its unique key belongs to the job " + id}
			}
		}
		n.unique.Put(tx, uniqueRow(r), uniqueValue(windowEnd(tx.Now(), r.window), idOf(key)))
	}
	err = n.begin(tx, n.desk(tx), r, was)
	return n.describe(tx, r), err
}

// edit gives a job another input.
func (n *Runner) edit(tx *partitions.Tx, key string, args []byte) (Description, error) {
	r, err := n.find(tx, key)
	if err != nil {
		return Description{}, err
	}
	if k := n.kinds[r.kind]; k != nil {
		if err := k.check(args); err != nil {
			return Description{}, &partitions.AskError{Code: codeArgs, Message: "the kind " + r.kind + " cannot read what it is to be given"}
		}
	}
	r.args = args
	switch r.state {
	case Waiting, Scheduled, Retrying, Pending:
		n.held.Put(tx, key, r.encode())
	case Dead, Cancelled:
		n.past.Put(tx, key, r.encode())
	default:
		return Description{}, unfit(r, "edited")
	}
	return n.describe(tx, r), tx.Err()
}

// saidPaused is the row that says that the queue is paused.
const saidPaused = "paused"

// pause lets no job of the shard begin, until it is to resume. Those that are in the memory and have not begun wait as rows again.
func (n *Runner) pause(tx *partitions.Tx, paused bool) error {
	d := n.desk(tx)
	if !paused {
		n.said.Delete(tx, saidPaused)
		tx.Committed(func(partitions.Beside) {
			n.mu.Lock()
			defer n.mu.Unlock()
			d.paused = false
			n.want(d)
			n.refill()
		})
		return tx.Err()
	}
	n.said.Put(tx, saidPaused, nil)
	n.mu.Lock()
	d.paused = true
	n.sated(d)
	n.recall(d)
	most := len(d.ended)
	n.mu.Unlock()
	return n.write(tx, most)
}

// recall gives the jobs of a desk back that have not begun.
func (n *Runner) recall(d *desk) {
	for _, a := range d.live {
		if !a.over && a.begun.IsZero() {
			n.release(a)
		}
	}
}
