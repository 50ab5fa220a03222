package pgserver

import (
	"os"
	"slices"
	"strings"
)

// lastWords is the last line of a server's log that says why it ended, with the log's name.
func lastWords(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // in the server's own folder
	if err != nil {
		return err.Error()
	}
	for _, line := range slices.Backward(strings.Split(string(text), "\n")) {
		for _, level := range []string{"PANIC:", "FATAL:", "ERROR:"} {
			if _, words, found := strings.Cut(line, level); found {
				return strings.TrimSpace(words) + " (" + path + " says more)"
			}
		}
	}
	return "see " + path
}
