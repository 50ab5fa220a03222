package sagas

import (
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/partitions"
)

// cancel tells a saga that it is cancelled: by what it waits for now, and by what it asks for from now on. A step that may have
// happened is tried on until that is known.
func (n *runner) cancel(tx *partitions.Tx, c noted) error {
	key, h, err := n.subject(tx)
	if err != nil {
		return err
	}
	if h.Status == "" {
		return n.unknown(tx, key, "cancel")
	}
	return n.giveUp(tx, key, h, "cancelled: "+c.Reason)
}

// giveUp cancels a saga, unless it has failed already.
func (n *runner) giveUp(tx *partitions.Tx, key string, h head, reason string) error {
	if h.Cancel || h.Status == Compensating || h.Was == Compensating {
		return nil
	}
	h.Cancel, h.Reason = true, reason
	if activation, active := n.active.Get(tx, key); active {
		n.warn(n.desk(tx), activation)
	}
	var met []Entry
	for _, w := range h.Waits {
		if err := n.cancelCall(tx, key, w, reason); err != nil {
			return err
		}
		if w.Kind == KindSleep || w.Kind == KindAwait || w.Kind == KindStep && !w.Unknown && !w.Due.IsZero() {
			met = append(met, cancelled(&op{at: w.At, kind: w.Kind, name: plain(w.Name), given: w.Given}, tx.Now()))
		}
	}
	n.meet(tx, key, &h, met...)
	return nil
}

// resume lets a parked saga go on.
func (n *runner) resume(tx *partitions.Tx, _ noted) error {
	key, h, err := n.subject(tx)
	if err != nil {
		return err
	}
	if h.Status == "" {
		return n.unknown(tx, key, "resume")
	}
	if h.Status != Parked {
		return nil
	}
	h.Status, h.Was, h.Parked = h.Was, "", ""
	for _, w := range h.Waits {
		if w.Kind == KindStep || w.Kind == KindUndo {
			n.timers.Cancel(tx, timerKey(w.At, key))
			h.set(wait{At: w.At, Kind: w.Kind, Name: w.Name, Given: w.Given, Unknown: w.Unknown})
		}
	}
	if h.Status == Waiting {
		h.Status = Running
	}
	l := n.load(tx, key, h)
	l.recovered = !h.Sure
	h.Sure, l.head.Sure, h.Changed = false, false, tx.Now()
	if err := n.tell(tx, key, &h, nil); err != nil {
		return err
	}
	n.activate(tx, &h, l)
	n.rows.Put(tx, key, h)
	return tx.Err()
}

// abandon ends a parked saga.
func (n *runner) abandon(tx *partitions.Tx, c noted) error {
	key, h, err := n.subject(tx)
	if err != nil {
		return err
	}
	if h.Status == "" {
		return n.unknown(tx, key, "abandon")
	}
	if h.Status != Parked {
		return nil
	}
	l := n.load(tx, key, h)
	h.Reason = "abandoned: " + c.Reason
	return n.end(tx, key, h, ending{status: Abandoned, input: l.input, entries: l.entries, pages: l.pages})
}

// timerKey names the timer of what a saga waits for.
func timerKey(at, key string) string { return at + "/" + key }

// deadline is the position of the time at which a saga must have ended.
const deadline = "!deadline"

// fire is called when a time that a saga has waited for has come.
func (n *runner) fire(tx *partitions.Tx, timer string) error {
	at, key, _ := strings.Cut(timer, "/")
	h, found := n.rows.Get(tx, key)
	if at == deadline && found {
		return n.giveUp(tx, key, h, fmt.Sprintf("it has not ended within %s", n.due))
	}
	i := h.waitAt(at)
	if err := tx.Err(); err != nil || !found || i < 0 || h.Waits[i].Due.IsZero() {
		return err
	}
	w := h.Waits[i]
	e := Entry{At: at, Kind: w.Kind, Name: plain(w.Name), When: tx.Now()}
	switch w.Kind {
	case KindAwait:
		e.Failed = &Failure{Kind: FailedTimeout}
		n.meet(tx, key, &h, e)
	case KindSleep:
		n.meet(tx, key, &h, e)
	default:
		w.Due = time.Time{}
		h.set(w)
		n.wake(tx, key, &h, outcome{at: at, now: true})
	}
	return nil
}
