package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
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

// Main is the main function of a side that is a program.
func Main(open func(context.Context, Work) (Engine, error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := Side(ctx, os.Args[len(os.Args)-1], open); err != nil {
		fmt.Fprintln(os.Stderr, "side:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to end
	}
}

// Side does the work on the engine that open makes.
func Side(ctx context.Context, work string, open func(context.Context, Work) (Engine, error)) (err error) {
	var w Work
	if err := json.Unmarshal([]byte(work), &w); err != nil {
		return fmt.Errorf("the work is %q: %w", work, err)
	}
	engine, err := open(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return Measure(ctx, engine, w, os.Stdin, os.Stdout)
}

// teller tells marks, each of which waits for a byte.
type teller struct {
	in  io.Reader
	out io.Writer
}

func (t teller) tell(m Mark) error {
	if err := json.NewEncoder(t.out).Encode(m); err != nil {
		return fmt.Errorf("nobody listens: %w", err)
	}
	if _, err := io.ReadFull(t.in, make([]byte, 1)); err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	return nil
}

// Ended says whether the phase is over.
func (m Mark) Ended() bool { return m.Over }
