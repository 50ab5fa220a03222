package sagas

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// child is the hidden command of Millrace's process.
const child = "sagas-side"

// slow is by how much fewer flows wait in a side that starts some tens a second.
const slow = 5

// side is a program that runs flows.
type side struct {
	name, variant string
	folder        string // of the side's module; empty for Millrace, which is in this program
	server        starter
	address       string // of the server
	waiting       int
}

func (s side) String() string { return strings.TrimSpace(s.name + " " + s.variant) }

// sides are all of them, in the order in which they take turns.
func (s settings) sides() []side {
	all := []side{
		{name: "millrace", server: kafka, address: s.kafka, waiting: s.waiting},
		{name: "dbos", folder: "dbos", server: postgres(), address: s.database, waiting: s.waitingOthers},
		{name: "temporal", folder: "temporal", waiting: s.waitingOthers / slow},
	}
	if s.database == "" && !s.quick {
		all = append(all, side{name: "dbos", variant: "unsynced", folder: "dbos", server: postgres("fsync=off"), waiting: s.waitingOthers})
	}
	return slices.DeleteFunc(all, func(one side) bool { return !strings.Contains(one.String(), s.only) })
}

// program is what go build makes of the side's module.
func (s side) program() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", s.folder, "target", "side")
}

// build compiles a side that is a module of its own; that takes minutes the first time.
func (s side) build(ctx context.Context) error {
	if s.folder == "" {
		return nil
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", s.program(), ".") //nolint:gosec // a bench
	build.Dir = filepath.Dir(filepath.Dir(s.program()))
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("%s cannot be built: %w", s.name, err)
	}
	return nil
}

// command makes the side's process.
func (s side) command(ctx context.Context, work string) (*exec.Cmd, error) {
	if s.folder != "" {
		return exec.CommandContext(ctx, s.program(), work), nil //nolint:gosec // just built
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	return exec.CommandContext(ctx, self, child, work), nil //nolint:gosec // itself
}
