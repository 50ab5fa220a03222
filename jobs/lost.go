package jobs

import "github.com/millrace/millrace/partitions"

// lostAtOnce bounds the jobs that one call of a transaction sees to whose node has gone: each has a few messages.
const lostAtOnce = 2000

// interrupted sees to the jobs that the shard's last owner had in its memory. Their attempts count, since nobody knows whether they
// have begun; from then on such a job is in the memory only when it begins. What is too much for one transaction is for those after it.
func (n *Runner) interrupted(tx *partitions.Tx, d *desk) error {
	var lost []*row
	bytes := 0
	for key, value := range n.live.Range(tx) {
		if len(lost) == lostAtOnce || bytes >= bytesAtOnce {
			d.lost = append(d.lost, key)
			continue
		}
		r, err := decode(key, value)
		if err != nil {
			return err
		}
		lost, bytes = append(lost, r), bytes+len(value)
	}
	return n.fail(tx, d, lost)
}

// fail notes of jobs that the node of their attempts has gone.
func (n *Runner) fail(tx *partitions.Tx, d *desk, lost []*row) error {
	back := make(returns)
	for _, r := range lost {
		n.live.Delete(tx, r.key)
		back.add(r, true)
		r.permit = false
		r.lost++
		if r.reason == "" {
			r.reason = "the node of an attempt has gone"
		}
		k := n.kinds[r.kind]
		var err error
		switch {
		case r.cancelled:
			err = n.bury(tx, r, Running, Cancelled)
		case k != nil && r.attempts >= uint64(k.retry.Attempts): //nolint:gosec // positive
			r.reason = "all attempts are spent; the node of the last one has gone"
			err = n.bury(tx, r, Running, Dead)
		default:
			err = n.wait(tx, d, r, Running)
		}
		if err != nil {
			return err
		}
	}
	return n.giveBack(tx, back)
}

// lose sees to so many at once of those that the opening has left. Where one of them fails, they are seen to one by one, and it is left as it is.
func (n *Runner) lose(d *desk, most int) {
	if len(d.lost) == 0 {
		return
	}
	d.beside.Do(func(tx *partitions.Tx) error { return n.losing(tx, d, most) }, func(tx *partitions.Tx, cause error) error {
		tx.Committed(func(partitions.Beside) {
			if most == 1 {
				n.logger().Error("jobs: a job whose node has gone cannot be seen to, and is left as it is",
					"queue", n.queue, "shard", d.shard, "job", d.lost[0], "error", cause)
				d.lost, most = d.lost[1:], 2*lostAtOnce
			}
			n.lose(d, max(most/2, 1))
		})
		return nil
	})
}

// losing sees to the next ones.
func (n *Runner) losing(tx *partitions.Tx, d *desk, most int) error {
	var lost []*row
	seen, bytes := 0, 0
	for _, key := range d.lost {
		if seen == most || bytes >= bytesAtOnce {
			break
		}
		seen++
		value, found := n.live.Get(tx, key)
		if !found || n.has(d, key) {
			continue
		}
		r, err := decode(key, value)
		if err != nil {
			return err
		}
		lost, bytes = append(lost, r), bytes+len(value)
	}
	if err := n.fail(tx, d, lost); err != nil {
		return err
	}
	tx.Committed(func(partitions.Beside) {
		if d.lost = d.lost[seen:]; len(d.lost) == 0 {
			d.lost = nil
		}
		n.lose(d, most)
	})
	return tx.Err()
}

// has says whether a job is in the memory.
func (n *Runner) has(d *desk, key string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return d.live[key] != nil
}
