package pgserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Kill ends the server's processes all at once, as when its machine goes. Linux only.
func (s *Server) Kill() error {
	if err := syscall.Kill(s.pid, syscall.SIGSTOP); err != nil { // it starts no more
		return fmt.Errorf("pgserver: kill: %w", err)
	}
	all := []int{s.pid}
	var errs []error
	for _, file := range s.childLists() {
		children, err := os.ReadFile(file) //nolint:gosec // of our own child
		if err != nil {
			errs = append(errs, fmt.Errorf("pgserver: kill: %w", err))
		}
		for field := range strings.FieldsSeq(string(children)) {
			if pid, err := strconv.Atoi(field); err == nil {
				all = append(all, pid)
			}
		}
	}
	for _, pid := range all {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			errs = append(errs, fmt.Errorf("pgserver: kill: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (s *Server) childLists() []string {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", s.pid)) // the pattern is sound
	return files
}
