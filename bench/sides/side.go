package sides

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Side is a program that does the work of a bench.
type Side struct {
	Name, Variant string
	Folder        string // of the side's module in this folder's parent; empty for one that is in this program
	Command       string // of this program, where Folder is empty
	Server        Starter
	Address       string // of the server; one is started where it is empty
}

func (s Side) String() string { return strings.TrimSpace(s.Name + " " + s.Variant) }

// Ready builds the side, which takes minutes the first time, and starts its server unless there is one; end ends that.
func (s *Side) Ready(ctx context.Context) (end func() error, err error) {
	end = func() error { return nil }
	if err := s.build(ctx); err != nil {
		return end, err
	}
	if s.Address == "" && s.Server != nil {
		s.Address, end, err = s.Server(ctx)
	}
	return end, err
}

// program is what go build makes of the side's module.
func (s Side) program() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", s.Folder, "target", "side")
}

func (s Side) build(ctx context.Context) error {
	if s.Folder == "" {
		return nil
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", s.program(), ".") //nolint:gosec // a bench
	build.Dir = filepath.Dir(filepath.Dir(s.program()))
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("%s cannot be built: %w", s.Name, err)
	}
	return nil
}

// Process makes the side's process.
func (s Side) Process(ctx context.Context, work string) (*exec.Cmd, error) {
	if s.Folder != "" {
		return exec.CommandContext(ctx, s.program(), work), nil //nolint:gosec // just built
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	return exec.CommandContext(ctx, self, s.Command, work), nil //nolint:gosec // itself
}
