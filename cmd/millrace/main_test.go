package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// binaryVariable names the program under test for the tests of this package.
const binaryVariable = "MILLRACE_TEST_BINARY"

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "millrace-test")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	binary := filepath.Join(dir, "millrace")
	if err == nil {
		err = os.Setenv(binaryVariable, binary)
	}
	if err == nil {
		build := exec.Command("go", "build", "-o", binary, ".")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}
