package jobs

import (
	"encoding/binary"
	"time"

	"github.com/millrace/millrace/partitions"
)

// What is due at a time: it stands before the key of the row.
const (
	dueBegin   = 'b' // a job may begin
	dueForget  = 'f' // a job that has ended is not kept any more
	dueFree    = 'u' // the window of a unique key is over
	dueUnused  = 'p' // permits that were not used go back
	dueGovern  = 'g' // permits may be given
	dueUsage   = 'l' // what is used of a limit may be nothing
	dueDismiss = 'd' // members of a batch that is cancelled are to be
)

const (
	timerKey   = "due"
	firedOnce  = 1000
	timeLength = 8
)

// dueRow is the row by which something is due.
func dueRow(nanos int64, what byte, key string) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, timeLength+1+len(key)), uint64(nanos)) //nolint:gosec // after 1970
	return string(append(append(b, what), key...))
}

// at lets something be due, not before the time.
func (n *Runner) at(tx *partitions.Tx, t time.Time, what byte, key string) {
	nanos := unixNano(t)
	n.dues.Put(tx, dueRow(nanos, what, key), nil)
	if armed, is := n.due.Armed(tx, timerKey); !is || t.Before(armed) {
		n.due.At(tx, t, timerKey)
	}
}

// fire sees to what is due.
func (n *Runner) fire(tx *partitions.Tx, _ string) error {
	d, now := n.desk(tx), tx.Now().UnixNano()
	var rows []string
	var next time.Time
	for row := range n.dues.Range(tx) {
		nanos := int64(binary.BigEndian.Uint64([]byte(row[:timeLength]))) //nolint:gosec // as it was written
		if nanos > now || len(rows) == firedOnce {
			next = time.Unix(0, nanos)
			break
		}
		rows = append(rows, row)
	}
	if !next.IsZero() {
		n.due.At(tx, next, timerKey)
	}
	bytes, tells := 0, 0
	for i, row := range rows {
		nanos, what := int64(binary.BigEndian.Uint64([]byte(row[:timeLength]))), row[timeLength] //nolint:gosec // as it was written
		if i > 0 && (bytes >= bytesAtOnce || tells >= tellsAtOnce/2) {
			n.due.At(tx, time.Unix(0, nanos), timerKey) // the others are for the next transaction
			break
		}
		n.dues.Delete(tx, row)
		read, err := n.happen(tx, d, what, row[timeLength+1:], nanos)
		if err != nil {
			return err
		}
		if bytes += read; what == dueDismiss {
			tells += dismissedOnce
		}
	}
	return tx.Err()
}

// happen does what is due. It may have been put off or have lost its sense meanwhile. read is how large a job is that begins.
func (n *Runner) happen(tx *partitions.Tx, d *desk, what byte, key string, nanos int64) (read int, err error) {
	switch what {
	case dueFree:
		n.free(tx, key, nanos)
	case dueUnused:
		return 0, n.unused(tx, key)
	case dueGovern:
		n.govern(tx, d)
	case dueUsage:
		return 0, n.forgetUsage(tx, key)
	case dueDismiss:
		return 0, n.dismissAll(tx, key)
	case dueForget:
		value, found := n.past.Get(tx, key)
		r, err := decode(key, value)
		if err != nil || !found {
			return 0, err
		}
		if until := r.changed + int64(n.kept(r)); until > nanos {
			n.at(tx, time.Unix(0, until), dueForget, key)
		} else {
			n.past.Delete(tx, key)
		}
	case dueBegin:
		value, found := n.held.Get(tx, key)
		r, err := decode(key, value)
		if err != nil || !found || r.due != nanos || r.state == Waiting {
			return 0, err
		}
		n.held.Delete(tx, key)
		return len(value), n.begin(tx, d, r, r.state)
	}
	return 0, nil
}

// kept is how long a job that has ended is kept.
func (n *Runner) kept(r *row) time.Duration {
	k := n.kinds[r.kind]
	switch {
	case r.kind == "":
		return unheardKept
	case r.state == Done && k != nil:
		return k.retain
	case r.state == Done:
		return 0
	}
	return n.dead
}

// unheardKept is how long it is kept that a job is cancelled which has not come.
const unheardKept = 24 * time.Hour
