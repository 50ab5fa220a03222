package soak_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is the tests, or one of the processes that they start and end.
func TestMain(m *testing.M) {
	program := work
	switch {
	case os.Getenv(workerVariable) == "":
		goleak.VerifyTestMain(m)
		return
	case os.Getenv(roleVariable) == waiterRole:
		program = waiter
	}
	if err := program(); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}
