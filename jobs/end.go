package jobs

import (
	"time"

	"github.com/millrace/millrace/partitions"
)

// bury lets a job end in a state, and keeps it for as long as that is kept.
func (n *Runner) bury(tx *partitions.Tx, r *row, was, state State) error {
	r.state, r.changed, r.due = state, tx.Now().UnixNano(), 0
	if state == Done {
		r.args, r.reason = nil, ""
	}
	asking := r.asking
	r.asking, r.stamp = nil, 0
	if err := n.follow(tx, r); err != nil {
		return err
	}
	n.past.Put(tx, r.key, r.encode())
	n.at(tx, tx.Now().Add(n.kept(r)), dueForget, r.key)
	n.reply(tx, r, asking)
	return n.leave(tx, r, was)
}

// vanish lets a job end of which nothing is kept.
func (n *Runner) vanish(tx *partitions.Tx, r *row, was State) error {
	if err := n.follow(tx, r); err != nil {
		return err
	}
	n.reply(tx, r, r.asking)
	return n.leave(tx, r, was)
}

// leave tells of a job that has ended, and gives its unique key back, now or at the end of its window.
func (n *Runner) leave(tx *partitions.Tx, r *row, was State) error {
	if r.unique != "" {
		n.yield(tx, r)
	}
	if err := n.tell(tx, r, was); err != nil {
		return err
	}
	return tx.Err()
}

// schedule lets a job wait for its time.
func (n *Runner) schedule(tx *partitions.Tx, r *row, was, state State) error {
	r.state, r.stamp = state, 0
	n.held.Put(tx, r.key, r.encode())
	n.at(tx, time.Unix(0, r.due), dueBegin, r.key)
	if err := n.tell(tx, r, was); err != nil {
		return err
	}
	return tx.Err()
}
