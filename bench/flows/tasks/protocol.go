package tasks

import (
	"context"
	"time"
)

// Work is what a side is told, as JSON in its last argument.
type Work struct {
	URL     string        // of the side's server
	Name    string        // of what the side makes there; no other run has it
	Jobs    int           // enqueued while nobody works, and drained
	Batch   int           // jobs in a call of Enqueue
	Callers int           // calls of Enqueue at once
	Low     time.Duration // how long jobs are enqueued one by one
	Pace    time.Duration // from one of these to the next
	Profile string        // file for a CPU profile of the phase Drain; empty for none
}

// Mark tells that a phase begins, or that it is over and what it has shown.
type Mark struct {
	Phase string          `json:"phase"`
	Over  bool            `json:"over"`
	Jobs  int             `json:"jobs"`
	Took  time.Duration   `json:"took"`
	First time.Duration   `json:"first"` // of Drain: from the workers' start until the first job was handled, before Took
	Times []time.Duration `json:"times"` // of Low: from the call of Enqueue until the handler was called
}

// The phases, in their order.
const (
	Enqueue = "enqueue"
	Drain   = "drain"
	Low     = "low"
)

// Phases is how many phases there are.
const Phases = 3

// Engine is what a side runs jobs on.
type Engine interface {
	// Enqueue returns when the jobs are durable, as far as the side's server is.
	Enqueue(ctx context.Context, jobs ...Job) error
	// Work lets jobs be handled, each by Do, until Close.
	Work(ctx context.Context) error
	Close() error
}

// Ended says whether the phase is over.
func (m Mark) Ended() bool { return m.Over }
