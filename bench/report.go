package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// report prints figures as a table for people, or one JSON object a line for programs.
func report(asJSON bool, figures []figure) error {
	if !asJSON {
		return table(os.Stdout, figures)
	}
	for _, f := range figures {
		if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
			return err //nolint:wrapcheck // a bench
		}
	}
	return nil
}

// table has a block for each case, a row for each side and a column for each metric, in the order in which they come.
func table(to io.Writer, figures []figure) error {
	out := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	for len(figures) > 0 {
		end := slices.IndexFunc(figures, func(f figure) bool { return f.Case != figures[0].Case })
		if end < 0 {
			end = len(figures)
		}
		if _, err := io.WriteString(out, rows(figures[:end])); err != nil {
			return err //nolint:wrapcheck // a bench
		}
		figures = figures[end:]
	}
	return out.Flush() //nolint:wrapcheck // a bench
}

func rows(figures []figure) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\t", figures[0].Case)
	for _, f := range figures {
		if f.Side != figures[0].Side {
			break
		}
		fmt.Fprintf(&out, "%s\t", f.Metric)
	}
	side := ""
	for _, f := range figures {
		if f.Side != side {
			side = f.Side
			fmt.Fprintf(&out, "\n%s\t", side)
		}
		digits := 2
		if f.Value >= 1000 { //nolint:mnd // a rate: its fraction says nothing
			digits = 0
		}
		fmt.Fprintf(&out, "%s\t", strconv.FormatFloat(f.Value, 'f', digits, 64))
	}
	out.WriteString("\n\n")
	return out.String()
}
