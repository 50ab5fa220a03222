package jobs

import "slices"

// State is how far a job is.
type State string

// The states.
const (
	// Waiting: it could begin, and waits for its turn.
	Waiting State = "waiting"
	// Scheduled: it begins later, at its own time or since it was snoozed.
	Scheduled State = "scheduled"
	// Running: an attempt is under way, or next in a node's memory.
	Running State = "running"
	// Retrying: an attempt has failed, and the next one comes later.
	Retrying State = "retrying"
	// Done: its handler has returned no error.
	Done State = "done"
	// Dead: its attempts are spent, or it was not to be tried again. It stays to be looked at, see [Control.Redrive].
	Dead State = "dead"
	// Cancelled: somebody has cancelled it.
	Cancelled State = "cancelled"
	// Pending: it completes a [Batch] whose members have not all ended.
	Pending State = "pending"
)

// states are stored by their place here.
func states() []State {
	return []State{"", Waiting, Scheduled, Running, Retrying, Done, Dead, Cancelled, Pending}
}

func (s State) code() uint64 { return uint64(max(slices.Index(states(), s), 0)) }

func stateOf(code uint64) State {
	if all := states(); code < uint64(len(all)) {
		return all[code]
	}
	return ""
}

// Ended says whether nothing comes after the state by itself.
func (s State) Ended() bool { return s == Done || s == Dead || s == Cancelled }
