package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	exitFailed   = 1
	exitUsage    = 2
	exitFindings = 3
	exitForced   = 130
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go forward(signals, cancel) // ends with the process
	os.Exit(run(ctx, os.Args[1:]))
}

// hasty is how soon after the first signal another one is taken for the same: supervisors and timeout(1) signal the
// process and its group.
const hasty = 250 * time.Millisecond

// forward ends the context at the first signal and the process at the second Ctrl-C.
func forward(signals <-chan os.Signal, cancel context.CancelFunc) {
	<-signals
	first := time.Now()
	cancel()
	for s := range signals {
		if s == syscall.SIGINT && time.Since(first) > hasty {
			fmt.Fprintln(os.Stderr, "millrace: forced to end; the next start takes up what is left running")
			os.Exit(exitForced)
		}
	}
}

func run(ctx context.Context, args []string) int {
	root := newRoot() //nolint:contextcheck // cobra hands the context to each command
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFindings):
		return exitFindings
	}
	fmt.Fprintf(os.Stderr, "millrace: %v\n", err)
	if _, wrong := errors.AsType[*usageError](err); wrong {
		return exitUsage
	}
	return exitFailed
}

// usageError is a wrong use of the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

// outliveOutput lets a pod go on, and drain at its end, when the reader of its output has left.
func outliveOutput() { signal.Ignore(syscall.SIGPIPE) }
