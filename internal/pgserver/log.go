package pgserver

import (
	"os"
	"strings"
)

// lastWords is the last line of a server's log that says why it ended, with the log's name.
func lastWords(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // in the server's own folder
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(text), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		for _, level := range []string{"PANIC:", "FATAL:", "ERROR:"} {
			if _, words, found := strings.Cut(lines[i], level); found {
				return strings.TrimSpace(words) + " (" + path + " says more)"
			}
		}
	}
	return "see " + path
}
