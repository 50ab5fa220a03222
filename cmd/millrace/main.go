package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
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
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go forward(signals, cancel) // ends with the process
	os.Exit(run(ctx, os.Args[1:]))
}

// forward ends the context at the first signal and the process at the second Ctrl-C. A second SIGTERM forces nothing:
// supervisors send it to the process and to its group.
func forward(signals <-chan os.Signal, cancel context.CancelFunc) {
	<-signals
	cancel()
	for s := range signals {
		if s == syscall.SIGINT {
			fmt.Fprintln(os.Stderr, "millrace: forced to end; the next start takes up what is left running")
			os.Exit(exitForced)
		}
	}
}

func run(ctx context.Context, args []string) int {
	root := newRoot()
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
