package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/millrace/millrace/request"
)

// Attempt is one call of a job's handler, for which it is.
type Attempt struct{ of *attempt }

// attempt is a job in a node's memory, and its next or present call. What is not said to be otherwise is guarded by the runner.
type attempt struct {
	desk     *desk
	kind     *hired
	row      *row // belongs to the shard's transactions, but for what never changes
	flow     *flow
	next     *attempt // of the flow
	reserved bool
	aside    bool // it waits until no other node can have its shard
	over     bool // nothing of it counts any more
	replaced bool // it was given up, and another worker has its place
	touched  bool // its row may have been changed since it was taken into the memory
	begun    time.Time
	outcome  outcome
	weight   int // bytes that it has in the memory, and that its end writes
	tells    int // messages of its end, at most

	cancel context.CancelCauseFunc // from when it has begun
	timer  *time.Timer             // of its time-out, then of its overtime
	cause  error                   // why its context has ended
	beat   *time.Timer

	mu       sync.Mutex
	progress Progress
	then     []byte // what the attempt lets come after it
	trial    *trial // of one that is tried without a queue
}

// Progress is how far an attempt says that it is.
type Progress struct {
	// Done and Total are in what unit the handler likes; Total is 0 where it is not known.
	Done  int64 `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`
	// Note is a few words, of which 200 bytes are kept.
	Note string `json:"note,omitempty"`
}

const maxNote = 200

// ID is the job's id.
func (a *Attempt) ID() string {
	_, id := parseKey(a.of.row.key)
	return id
}

// Tenant is whose job it is.
func (a *Attempt) Tenant() request.Tenant {
	tenant, _ := parseKey(a.of.row.key)
	return tenant
}

// Key names the job among all of its queue's, and is the same for each of its attempts: give it to those who do the work as idempotency key.
func (a *Attempt) Key() string { return a.of.desk.runner.queue + "/" + a.of.row.key }

// Attempt is which of those that count this one is, from 1.
func (a *Attempt) Attempt() int { return int(a.of.row.attempts) } //nolint:gosec // few

// Number is which call this is, from 1, also of those that do not count. No two attempts of a job have the same token and the same number.
func (a *Attempt) Number() int { return int(a.of.row.starts) } //nolint:gosec // few

// Last says whether the job is dead if this attempt fails.
func (a *Attempt) Last() bool { return a.Attempt() >= a.of.kind.retry.Attempts }

// Token is the fencing token of the job's shard, see [partitions.Tx.Token]: let what is written elsewhere carry it together with
// [Attempt.Number], and be refused where a larger token, or with the same token a larger number, was seen.
func (a *Attempt) Token() int64 { return a.of.desk.token }

// Enqueued is when the job was made, by the clock of who did so.
func (a *Attempt) Enqueued() time.Time { return at(a.of.row.created) }

// Heartbeat says that the attempt goes on: see the option [Heartbeat].
func (a *Attempt) Heartbeat() {
	n := a.of.desk.runner
	n.mu.Lock()
	defer n.mu.Unlock()
	if a.of.beat != nil && a.of.cause == nil && !a.of.over {
		a.of.beat.Reset(a.of.kind.heartbeat)
	}
	if a.of.trial != nil {
		a.of.trial.beats++
	}
}

// Progress says how far the attempt is, which others see by [Control.Describe], and is a [Attempt.Heartbeat] too. The last of it is kept
// with the job when the attempt has ended.
func (a *Attempt) Progress(p Progress) {
	p.Note = p.Note[:min(len(p.Note), maxNote)]
	a.of.mu.Lock()
	a.of.progress = p
	if a.of.trial != nil {
		a.of.trial.progress = append(a.of.trial.progress, p)
	}
	a.of.mu.Unlock()
	a.Heartbeat()
}

// Previous is the last progress of the attempt before, the zero Progress where there was none: where a long job can go on.
func (a *Attempt) Previous() Progress { return a.of.row.progress }

func (a *attempt) said() Progress {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.progress
}
