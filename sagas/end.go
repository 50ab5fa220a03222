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
	unheard := n.unheard(tx, key, h)
	parents := h.Parents
	n.rows.Delete(tx, key)
	n.active.Delete(tx, key)
	if h.Queued != "" {
		n.queue.Delete(tx, h.Queued)
	}
	n.journal.Delete(tx, e.pages...)
	h = head{
		Status: e.status, Started: h.Started, Changed: tx.Now(), Reason: h.Reason, Cancel: h.Cancel, Told: h.Told,
		Run: h.Run, Began: h.Began, Views: h.Views,
	}
	switch {
	case e.status == Completed:
		h.Reason = ""
	case h.Reason == "":
		h.Reason = e.reason
	}
	err := errors.Join(n.tell(tx, key, &h, e.done), unheard)
	for _, p := range parents {
		err = errors.Join(err, n.report(tx, key, p, h, e.result))
	}
	e.input.Secret = ""
	past := bounded(ended{Head: h, Input: e.input, Entries: e.entries, Result: e.result})
	n.ended.Put(tx, key, past)
	if questions, asked := n.asking.Get(tx, key); asked {
		for _, q := range questions {
			n.ask.Reply(tx, settledBy(past), q.Question)
		}
		n.asking.Delete(tx, key)
	}
	return err
}

// unheard refuses the signals that the saga has not awaited.
func (n *runner) unheard(tx *partitions.Tx, key string, h head) (err error) {
	if h.Inbox+h.Tokens == 0 {
		return nil
	}
	return n.clear(tx, key, key+pageMark, "the saga has ended")
}

// clear takes signals out of the inbox, and refuses those that nobody has awaited.
func (n *runner) clear(tx *partitions.Tx, key, prefix, reason string) (err error) {
	for at, s := range n.inbox.Range(tx, prefix) {
		if !strings.HasPrefix(at, prefix) {
			break
		}
		n.inbox.Delete(tx, at)
		if !s.Spent {
			err = errors.Join(err, n.refuse(tx, key, refusal{"signal " + plain(s.Name), s.Record, reason}))
		}
	}
	return err
}

// bounded leaves out what is too much for one row: results of steps and the ends of long texts, then the input. The saga's own result
// and what it has shown fit.
func bounded(past ended) ended {
	held := len(past.Result)
	for _, view := range past.Head.Views {
		held += len(view)
	}
	size := held + len(past.Input.In)
	for _, e := range past.Entries {
		size += len(e.Out) + 200
		if e.Failed != nil {
			size += len(e.Failed.Message)
		}
	}
	if size <= maxHistory {
		return past
	}
	past.Cut = true
	kept := inOrder(past.Entries)
	kept = kept[:min(len(kept), maxKept)]
	for i := range kept {
		kept[i].Out = nil
		if kept[i].Failed != nil {
			short := *kept[i].Failed
			short.Message = short.Message[:min(len(short.Message), maxShort)]
			kept[i].Failed = &short
		}
	}
	past.Entries = kept
	if held+len(past.Input.In) > maxResult {
		past.Input.In = nil
	}
	return past
}

const (
	// maxKept is how many entries without results are kept of a long saga.
	maxKept = 200
	// maxShort is how much of their errors' texts is.
	maxShort = 100
)
