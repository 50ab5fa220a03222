package jobs

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/millrace/millrace/partitions"
)

// reserve takes room in the memory for a job that has come, if there is any and nobody of its flow waits for it, until the transaction is
// committed or the desk has another one.
func (n *Runner) reserve(d *desk, r *row) bool {
	k := n.kinds[r.kind]
	if k == nil || n.governed(k) {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.paused || n.draining || len(d.flows) > 0 && d.flows[flowPrefix(r)] != nil || !n.roomFor(d, k, r) {
		return false
	}
	d.reserved++
	n.limits.reserved++
	return true
}

// attemptsToSpare is how many attempts a job must have so that one may be counted which perhaps does not begin.
const attemptsToSpare = 3

// roomFor says whether a job may come into the memory.
func (n *Runner) roomFor(d *desk, k *hired, r *row) bool {
	switch {
	case k.full():
		return false
	case r.lost > 0 || k.retry.Attempts < attemptsToSpare:
		return d.leased && n.limits.narrow() > 0 && (!r.suspect() || n.suspect == nil)
	case n.limits.free() > 0:
		return true
	}
	tenant, _ := parseKey(r.key)
	l := n.fair.flow(string(tenant), flowOf{k, r.priority}, false)
	return (l == nil || l.memory == 0) && n.limits.extra()
}

// suspect says whether a job may be what ends the processes that do it: such jobs are in a node's memory one at a time, so that they
// take no others along each time.
func (r *row) suspect() bool { return r.lost > 1 }

// admit takes a job into the memory, for which there is room: its next attempt is counted, and begins once that is committed.
func (n *Runner) admit(tx *partitions.Tx, d *desk, r *row, was State, reserved bool) error {
	r.attempts++
	r.starts++
	r.state, r.started = Running, tx.Now().UnixNano()
	n.live.Put(tx, r.key, r.encode())
	if err := n.tell(tx, r, was); err != nil {
		return err
	}
	a := &attempt{desk: d, kind: n.kinds[r.kind], row: r, reserved: reserved}
	if r.suspect() {
		n.mu.Lock()
		n.suspect, d.suspect = a, a
		n.mu.Unlock()
	}
	tx.Committed(func(partitions.Beside) { n.enter(d, a) })
	return tx.Err()
}

// enter puts an attempt into the memory.
func (n *Runner) enter(d *desk, a *attempt) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if d.closed {
		n.clear(a)
		return
	}
	d.suspect = nil
	if a.reserved && d.reserved > 0 {
		d.reserved--
		n.limits.reserved--
	}
	d.live[a.row.key] = a
	n.limits.enter(a)
	n.fair.enter(a)
	if d.paused || n.draining {
		n.release(a)
		return
	}
	n.hire()
}

// release gives a job that has not begun back to those that wait as rows.
func (n *Runner) release(a *attempt) {
	n.giveUp(a)
	a.outcome = outcome{state: Waiting}
	n.note(a)
}

// wait lets a job wait for its turn.
func (n *Runner) wait(tx *partitions.Tx, d *desk, r *row, was State) error {
	n.mu.Lock()
	if r.stamp == 0 {
		d.stamp = max(d.stamp+1, uint64(tx.Now().UnixNano()))
		r.stamp = d.stamp
	}
	prefix := flowPrefix(r)
	l := d.flows[prefix]
	if l == nil {
		l = newBacklog(prefix)
		d.flows[prefix] = l
	}
	turn := turnOf(r)
	l.added++
	if turn < l.cursor {
		l.cursor = turn
	}
	n.beggar(d, prefix, l)
	n.want(d)
	d.waits = true
	n.mu.Unlock()
	r.state, r.due = Waiting, 0
	if k := n.kinds[r.kind]; k != nil && n.governed(k) {
		tx.Committed(func(partitions.Beside) { n.stir(d, prefix) })
	}
	n.ready.Put(tx, turn, nil)
	n.held.Put(tx, r.key, r.encode())
	if err := n.tell(tx, r, was); err != nil {
		return err
	}
	return tx.Err()
}

// A turn is the row by which a job waits: its tenant, its priority and its kind, its place, and its id.
func turnOf(r *row) string {
	_, id := parseKey(r.key)
	return string(append(binary.BigEndian.AppendUint64([]byte(flowPrefix(r)), r.stamp), id...))
}

func flowPrefix(r *row) string {
	tenant, _ := parseKey(r.key)
	return prefixOf(string(tenant), r.priority, r.kind)
}

func prefixOf(tenant string, priority uint8, kind string) string {
	return tenant + "\x00" + string('0'+rune(priority)) + kind + "\x00"
}

// unixNano is a time as it is stored: one that is out of the range is the nearest.
func unixNano(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, 0)):
		return 0
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}
