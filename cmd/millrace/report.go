package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// report prints what doctor found, for people: what needs a change first, with its reason.
func report(out io.Writer, findings []finding, all bool) error {
	text := &strings.Builder{}
	counts := map[severity]int{}
	server := ""
	var hush, passed []string
	flush := func() {
		if len(hush) > 0 {
			fmt.Fprintf(text, "  unknown  this server does not tell %s\n", counted(hush))
		}
		if len(passed) > 0 {
			fmt.Fprintf(text, "  ok       %s\n", plural(len(passed), "other check"))
		}
		hush, passed = nil, nil
	}
	for _, f := range findings {
		counts[f.Severity]++
		if f.Server != server {
			flush()
			server = f.Server
			fmt.Fprintf(text, "%s\n", server)
		}
		switch {
		case f.Severity == hidden && !all:
			hush = append(hush, f.Subject)
		case f.Severity == fine && f.Subject != "connection" && !all:
			passed = append(passed, f.Subject)
		default:
			detail(text, f)
		}
	}
	flush()
	fmt.Fprintf(text, "\n%s, %d advised, %d ok", plural(counts[fault], "problem"), counts[advice], counts[fine])
	if counts[hidden] > 0 {
		fmt.Fprintf(text, ", %d unknown", counts[hidden])
	}
	if !all {
		text.WriteString("; --all lists every check")
	}
	_, err := fmt.Fprintln(out, text)
	return err //nolint:wrapcheck // the terminal's own
}

func detail(text *strings.Builder, f finding) {
	fmt.Fprintf(text, "  %-8s %s: %s", f.Severity, oneLine(f.Subject), oneLine(f.Found))
	if f.Recommended != "" && f.Severity != fine {
		fmt.Fprintf(text, " (recommended: %s)", f.Recommended)
	}
	text.WriteString("\n")
	if f.Severity == fine || f.Severity == hidden {
		return
	}
	if f.Reason != "" {
		fmt.Fprintf(text, "             why  %s\n", f.Reason)
	}
	if f.Change != "" {
		fmt.Fprintf(text, "             do   %s\n", f.Change)
	}
}

// plural counts things.
func plural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
