package webhooks

import (
	"fmt"

	"github.com/millrace/millrace/partitions"
)

// finish notes that a delivery waits no longer, and why.
func (n *node) finish(tx *partitions.Tx, key string, state *stateRow, q queuedRow, outcome string) error {
	state.Queued = max(state.Queued-1, 0)
	n.seen.Put(tx, seenKey(key, q.Event), seenRow{Replay: q.Replay})
	if outcome == OutcomeDelivered {
		state.Delivered++
	} else {
		state.Dead++
	}
	n.count(tx, outcome)
	return tx.Err()
}

func seenKey(key, event string) string { return key + "/" + event }

// die gives a delivery up.
func (n *node) die(tx *partitions.Tx, key string, state *stateRow, q queuedRow, reason string, last answer) error {
	tenant, id := parseKey(key)
	if err := n.finish(tx, key, state, q, OutcomeDead); err != nil {
		return err
	}
	n.bury(tx, key, state, Dead{
		Event: q.Event, Type: q.Type, Reason: reason, Attempts: q.Tries, Status: last.status, Failed: last.failed, Happened: q.Time, Died: tx.Now(),
	})
	return n.notice(tx, Notice{Kind: NoticeDead, Tenant: tenant, Endpoint: id, Event: q.Event, Reason: reason})
}

// logged is how many attempts of an endpoint are in its log.
const logged = 200

// log writes an attempt over the oldest one of the endpoint's log.
func (n *node) log(tx *partitions.Tx, key string, state *stateRow, a Attempt) {
	n.attempts.Put(tx, fmt.Sprintf("%s/%03d", key, state.Attempts%logged), a)
	state.Attempts++
	n.countAttempt(tx, a)
}
