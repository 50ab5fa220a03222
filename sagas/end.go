package sagas

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/millrace/millrace/partitions"
)

// maxHistory is about how much of what a saga has worked on is kept with its history.
const maxHistory = 500_000

// ending is how a saga ends.
type ending struct {
	status  Status
	reason  string // of what has failed, if nobody has said why
	result  json.RawMessage
	input   input
	entries []Entry
	pages   []string // the rows of the journal
	done    []Done   // that was not told
}

// end moves a saga from the living to those that have ended, and answers who waits for it.
func (n *runner) end(tx *partitions.Tx, key string, h head, e ending) error {
	for _, w := range h.Waits {
		n.timers.Cancel(tx, timerKey(w.At, key))
	}
	if n.due > 0 {
		n.timers.Cancel(tx, timerKey(deadline, key))
	}
	if h.Inbox > 0 {
		for at := range n.inbox.Range(tx, key+pageMark) {
			if !strings.HasPrefix(at, key+pageMark) {
				break
			}
			n.inbox.Delete(tx, at)
		}
	}
	parents := h.Parents
	n.rows.Delete(tx, key)
	n.active.Delete(tx, key)
	n.journal.Delete(tx, e.pages...)
	h = head{Status: e.status, Started: h.Started, Changed: tx.Now(), Reason: h.Reason, Cancel: h.Cancel, Told: h.Told, Run: h.Run, Views: h.Views}
	switch {
	case e.status == Completed:
		h.Reason = ""
	case h.Reason == "":
		h.Reason = e.reason
	}
	err := n.tell(tx, key, &h, e.done)
	for _, p := range parents {
		err = errors.Join(err, n.report(tx, key, p, h, e.result))
	}
	e.input.Secret = ""
	past := ended{Head: h, Input: e.input, Entries: bounded(e.entries, len(e.result)+len(e.input.In)), Result: e.result}
	n.ended.Put(tx, key, past)
	if questions, asked := n.asking.Get(tx, key); asked {
		for _, q := range questions {
			n.ask.Reply(tx, settledBy(past), q.Question)
		}
		n.asking.Delete(tx, key)
	}
	return err
}

// bounded leaves the results out where they are too much for one row.
func bounded(entries []Entry, held int) []Entry {
	for _, e := range entries {
		held += len(e.Out) + 200
	}
	if held <= maxHistory {
		return entries
	}
	kept := make([]Entry, 0, len(entries))
	for i, e := range entries {
		if i < maxKept {
			e.Out = nil
			kept = append(kept, e)
		}
	}
	return kept
}

// maxKept is how many entries without results are kept of a long saga.
const maxKept = 200
