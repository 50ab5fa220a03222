package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress draws a bar on a terminal and nothing elsewhere.
type progress struct {
	out   io.Writer
	what  string
	total int
}

const barWidth = 30

func newProgress(out io.Writer, what string, total int) progress {
	if !terminal(out) {
		out = io.Discard
	}
	return progress{out: out, what: what, total: max(total, 1)}
}

func (p progress) set(done int) {
	filled := min(done, p.total) * barWidth / p.total
	_, _ = fmt.Fprintf(p.out, "\r%s [%s%s] %d/%d", p.what, strings.Repeat("█", filled), strings.Repeat("·", barWidth-filled),
		done, p.total) // a bar that cannot be drawn harms nothing
}

func (p progress) end() { _, _ = fmt.Fprintln(p.out) }

func terminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
