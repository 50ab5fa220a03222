package jobs

import (
	"encoding/binary"
	"time"

	"github.com/millrace/millrace/partitions"
)

// A unique key is a row by tenant, kind and key. Its value is when its window ends, and the id of the job that has it: nothing where
// that has ended.
func uniqueRow(r *row) string {
	tenant, _ := parseKey(r.key)
	return string(tenant) + "/" + r.kind + "/" + r.unique
}

func uniqueValue(until int64, id string) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(until)), id...) //nolint:gosec // after 1970
}

func parseUnique(value []byte) (until int64, id string) {
	if len(value) < timeLength {
		return 0, ""
	}
	return int64(binary.BigEndian.Uint64(value)), string(value[timeLength:]) //nolint:gosec // as it was written
}

// windowEnd is when a window ends that begins now.
func windowEnd(now time.Time, window int64) int64 { return unixNano(now.Add(time.Duration(window))) }

// claim takes a job's unique key, or is true where the job is dealt with since another one has it.
func (n *Runner) claim(tx *partitions.Tx, d *desk, a *arrival) (dealt bool, err error) {
	now, key := tx.Now().UnixNano(), uniqueRow(&a.row)
	value, found := n.unique.Get(tx, key)
	until, id := parseUnique(value)
	if found && (id != "" || until > now) {
		if dealt, err = n.conflict(tx, d, a, id); err != nil {
			return dealt, err
		}
		if dealt {
			a.state = Cancelled
			return true, n.report(tx, &a.row, nil)
		}
	}
	n.unique.Put(tx, key, uniqueValue(windowEnd(tx.Now(), a.window), idOf(a.key)))
	return false, tx.Err()
}

// conflict deals with a job whose unique key another one has, or had in a window that is not over.
func (n *Runner) conflict(tx *partitions.Tx, d *desk, a *arrival, id string) (dealt bool, err error) {
	tenant, _ := parseKey(a.key)
	other := rowKey(tenant, id)
	switch a.conflict {
	case Replace:
		value, found := n.held.Get(tx, other)
		if !found || id == "" {
			return false, nil // it has begun, and this one is the next
		}
		r, err := decode(other, value)
		if err != nil {
			return true, err
		}
		was := r.state
		if was != Pending {
			n.unhold(tx, r)
		}
		r.args, r.priority, r.due, r.stamp = a.args, a.priority, a.due, 0
		r.then, r.given = a.then, a.given
		if was == Pending {
			n.held.Put(tx, other, r.encode())
			return true, tx.Err()
		}
		return true, n.begin(tx, d, r, was)
	case Reject:
		a.reason = "its unique key " + a.unique + " belongs to the job " + id
		a.unique = "" // it has never had it
		return true, n.bury(tx, &a.row, "", Dead)
	default:
		duplicates.Add(tx, 1, kindKey.String(a.kind))
		return true, tx.Err()
	}
}

// yield gives a unique key back that a job has which ends, now or when its window is over.
func (n *Runner) yield(tx *partitions.Tx, r *row) {
	key := uniqueRow(r)
	value, found := n.unique.Get(tx, key)
	until, id := parseUnique(value)
	if !found || id != idOf(r.key) {
		return
	}
	if until <= tx.Now().UnixNano() || r.state == Dead || r.state == Cancelled {
		n.unique.Delete(tx, key)
		return
	}
	n.unique.Put(tx, key, uniqueValue(until, ""))
	n.at(tx, time.Unix(0, until), dueFree, key)
}

// free forgets a unique key whose window is over.
func (n *Runner) free(tx *partitions.Tx, key string, nanos int64) {
	value, found := n.unique.Get(tx, key)
	if until, id := parseUnique(value); found && id == "" && until <= nanos {
		n.unique.Delete(tx, key)
	}
}

// unhold takes a job away from those that wait, for their turn or their time.
func (n *Runner) unhold(tx *partitions.Tx, r *row) {
	n.held.Delete(tx, r.key)
	switch r.state {
	case Waiting:
		n.ready.Delete(tx, turnOf(r))
	case Pending:
		n.disband(tx, r)
	default:
		n.dues.Delete(tx, dueRow(r.due, dueBegin, r.key))
	}
}

func idOf(key string) string {
	_, id := parseKey(key)
	return id
}
