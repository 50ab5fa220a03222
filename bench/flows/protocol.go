package flows

import (
	"context"
	"time"
)

// Work is what a side is told, as JSON in its last argument.
type Work struct {
	URL        string        // of the side's server, if it needs one
	Name       string        // of what the side makes there; no other run has it
	Concurrent int           // flows at once
	Alone      time.Duration // how long one flow after the other is run
	Together   time.Duration // how long Concurrent flows are run
	Waiting    int           // flows that wait for a signal
	Profile    string        // file for a CPU profile of the phase Together; empty for none
}

// Phases is how many phases the work has.
func (w Work) Phases() int {
	if w.Waiting == 0 {
		return 3 //nolint:mnd // up to Together
	}
	return 5 //nolint:mnd // all
}

// Mark tells that a phase begins, or that it is over and what it has shown.
type Mark struct {
	Phase string          `json:"phase"`
	Over  bool            `json:"over"`
	Flows int             `json:"flows"`
	Took  time.Duration   `json:"took"`
	Flow  []time.Duration `json:"flow"` // from the call of start, or of signal, until the result is known
	Step  []time.Duration `json:"step"` // from a step's call to that of the next
}

// The phases, in their order. Figures of Warm count for nothing.
const (
	Warm     = "warm"
	Alone    = "alone"
	Together = "together"
	Waiting  = "waiting"
	Woken    = "woken"
)

// Engine is what a side runs flows on. Run and Wake wait for the result.
type Engine interface {
	// Run starts the flow of three steps under this id.
	Run(ctx context.Context, id string) (State, error)
	// Park starts the flow that waits for a signal after its first step, and returns as soon as its start is durable.
	Park(ctx context.Context, id string) error
	// Wake signals a parked flow.
	Wake(ctx context.Context, id string) (State, error)
	Close() error
}

// Ended says whether the phase is over.
func (m Mark) Ended() bool { return m.Over }
