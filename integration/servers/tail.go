package servers

import (
	"bytes"
	"strings"
	"sync"
)

const (
	keptBytes = 64 << 10
	keptLines = 20
)

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if excess := len(t.kept) - keptBytes; excess > 0 {
		t.kept = append(t.kept[:0], t.kept[excess:]...)
	}
	return len(p), nil
}

// lastWords are the last lines, indented, for the end of an error.
func (t *tail) lastWords() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(bytes.TrimSpace(t.kept))
	if text == "" {
		return "it said nothing"
	}
	lines := strings.Split(text, "\n")
	lines = lines[max(0, len(lines)-keptLines):]
	return "its last words:\n\t" + strings.Join(lines, "\n\t")
}
