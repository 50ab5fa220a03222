package soak_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// timeline is what was done to whom and when, and what broke.
type timeline struct {
	began time.Time
	file  *os.File

	mu     sync.Mutex
	lines  []string
	broken []string
	failed chan struct{} // closed when the first thing breaks
}

// shownLines are the last lines of the timeline in a failure; the file has all.
const shownLines = 60

func newTimeline(dir string) (*timeline, error) {
	file, err := os.Create(filepath.Join(dir, "timeline.log"))
	return &timeline{began: time.Now(), file: file, failed: make(chan struct{})}, err
}

func (t *timeline) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line(fmt.Sprintf(format, args...))
}

func (t *timeline) line(text string) {
	now := time.Now()
	line := fmt.Sprintf("%s %8.3f %s", now.Format("15:04:05.000"), now.Sub(t.began).Seconds(), text)
	t.lines = append(t.lines, line)
	fmt.Fprintln(t.file, line)
}

// breaks notes what must not be.
func (t *timeline) breaks(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	t.line("BROKEN: " + text)
	if t.broken = append(t.broken, text); len(t.broken) == 1 {
		close(t.failed)
	}
}

// while runs something that may end only when it is told to, by what is returned.
func (t *timeline) while(name string, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := run(ctx); ctx.Err() == nil {
			t.breaks("%s has ended by itself: %v", name, err)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// wrong is what broke, and what led to it; empty when nothing did.
func (t *timeline) wrong() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.broken) == 0 {
		return ""
	}
	return fmt.Sprintf("%s\n\nthe end of the timeline:\n%s", strings.Join(t.broken[:min(len(t.broken), 20)], "\n"),
		strings.Join(t.lines[max(0, len(t.lines)-shownLines):], "\n"))
}
