package jobs

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// Trial is an attempt at a job that is in no queue, for tests: see [Kind.Try].
type Trial struct {
	// ID is the job's, "test" where it is empty.
	ID     string
	Tenant request.Tenant
	// Attempt is which of those that count it is, from 1, which 0 means too.
	Attempt int
	// Previous is the last progress of the attempt before.
	Previous Progress
	// Given is what the handler of the job before has returned, as JSON: see [Given].
	Given json.RawMessage
	// Cause, where there is one, ends the attempt's context after so long: [ErrCancelled], [ErrShutdown] or [ErrMoved].
	Cause error
	After time.Duration
	// Log is told of a panic, and of a handler that is given up. The default is [slog.Default].
	Log *slog.Logger
}

// Tried is what has come of a [Trial].
type Tried[Out any] struct {
	// State is the job's now: Done, Dead or Cancelled; Retrying after an error; Scheduled where it was snoozed; Waiting where the node was to
	// stop, or has lost the shard.
	State State
	// Output is what the handler has returned, of a job that is done.
	Output Out
	// Err is the handler's error, and Reason what is kept of why it has failed.
	Err    error
	Reason string
	// Again is how long a job that is retrying or scheduled waits for its next attempt.
	Again time.Duration
	// Counts is false of an attempt that does not count: of one that was snoozed, or whose node was to stop.
	Counts bool
	// Late says that the handler went on for a second after its context had ended: nothing that it returned counts.
	Late bool
	// Progress is what the attempt has said of how far it was, and Heartbeats how often that it lives, by Progress too.
	Progress   []Progress
	Heartbeats int
	// Then are the records of the jobs that the attempt has let come after it, where it is done.
	Then []bus.Record
}

// trial is what is noted of an attempt at one.
type trial struct {
	err      error
	late     bool
	ended    time.Time
	progress []Progress
	beats    int
}

// Try calls the handler of the kind once, as a [Runner] does for one attempt at a job, and says what has come of it: for tests, see package
// jobstest. Time-out and heartbeat are those of the kind. What it is given, and what it returns, goes through JSON as it does in a queue.
// An error says that it could not be called.
func (k *Kind[In, Out]) Try(in In, t Trial) (Tried[Out], error) {
	var tried Tried[Out]
	if k.err != nil {
		return tried, k.err
	}
	args, err := k.in.Encode(in)
	if err != nil {
		return tried, fmt.Errorf("jobs: the input of %s: %w", k.name, err)
	}
	a := k.attempt(t, args)
	n := a.desk.runner
	n.mu.Lock()
	ctx := n.fair.next().begin()
	n.mu.Unlock()
	if t.Cause != nil {
		timer := time.AfterFunc(t.After, func() { a.expire(t.Cause) })
		defer timer.Stop()
	}
	n.perform(ctx, a)
	tried.State, tried.Reason, tried.Counts, tried.Err = a.outcome.state, a.outcome.reason, !a.outcome.uncount, a.trial.err
	tried.Late = a.trial.late
	n.mu.Lock()
	tried.Heartbeats = a.trial.beats
	n.mu.Unlock()
	a.mu.Lock()
	tried.Progress = slices.Clone(a.trial.progress)
	then := slices.Clone(a.then)
	a.mu.Unlock()
	switch {
	case a.cause == ErrCancelled: //nolint:errorlint // it is not wrapped
		tried.State, tried.Reason = Cancelled, "it was cancelled"
		return tried, nil
	case a.outcome.state != Done:
		if a.outcome.due != 0 {
			tried.Again = at(a.outcome.due).Sub(a.trial.ended)
		}
		return tried, nil
	}
	if len(a.outcome.result) > 0 {
		if tried.Output, err = bus.JSON[Out]().Decode(a.outcome.result); err != nil {
			return tried, fmt.Errorf("jobs: what %s has returned cannot be read: %w", k.name, err)
		}
	}
	a.row.result = a.outcome.result
	links, err := readLinks(then)
	for _, l := range links {
		l.follows(a.row, time.Now())
		tried.Then = append(tried.Then, l.Record)
	}
	return tried, err
}

// attempt is one of a runner that has no queue, whose turn it is.
func (k *kind) attempt(t Trial, args []byte) *attempt {
	n := &Runner{Control: Control{queue: k.queue}, logs: t.Log, fair: newFair(), limits: limits{workers: 1}, active: 1, wall: time.Now}
	n.quiet = sync.NewCond(&n.mu)
	if t.ID == "" {
		t.ID = "test"
	}
	number := uint64(max(t.Attempt, 1))
	a := &attempt{
		desk: &desk{runner: n, token: 1, leased: true, closed: true}, kind: &hired{kind: k}, trial: &trial{},
		row: &row{
			key: rowKey(t.Tenant, t.ID), kind: k.name, state: Running, priority: usualPriority, attempts: number, starts: number,
			created: time.Now().UnixNano(), progress: t.Previous, given: t.Given, args: args,
		},
	}
	n.limits.enter(a)
	n.fair.enter(a)
	return a
}
