package phase

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/pprof"
	"time"
)

// Measure lets an engine run through the phases of a work.
type Measure[W any, E io.Closer] func(context.Context, E, W, Teller) error

// Main is the main function of a side that is a program.
func Main[W any, E io.Closer](open func(context.Context, W) (E, error), measure Measure[W, E]) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := Side(ctx, os.Args[len(os.Args)-1], open, measure); err != nil {
		fmt.Fprintln(os.Stderr, "side:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to end
	}
}

// Side does the work on the engine that open makes.
func Side[W any, E io.Closer](ctx context.Context, work string, open func(context.Context, W) (E, error), measure Measure[W, E]) (err error) {
	var w W
	if err := json.Unmarshal([]byte(work), &w); err != nil {
		return fmt.Errorf("the work is %q: %w", work, err)
	}
	engine, err := open(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	return measure(ctx, engine, w, Teller{os.Stdin, os.Stdout})
}

// Teller tells marks, each of which waits for a byte.
type Teller struct {
	In  io.Reader
	Out io.Writer
}

// Tell tells a mark.
func (t Teller) Tell(mark any) error {
	if err := json.NewEncoder(t.Out).Encode(mark); err != nil {
		return fmt.Errorf("nobody listens: %w", err)
	}
	if _, err := io.ReadFull(t.In, make([]byte, 1)); err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	return nil
}

// Profile begins a CPU profile where a file is named, and returns what ends it.
func Profile(file string) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	to, err := os.Create(file) //nolint:gosec // asked for
	if err != nil {
		return nil, fmt.Errorf("no profile: %w", err)
	}
	if err := pprof.StartCPUProfile(to); err != nil {
		return nil, errors.Join(err, to.Close())
	}
	return func() { pprof.StopCPUProfile(); _ = to.Close() }, nil
}

// Pause waits, unless ctx ends.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
