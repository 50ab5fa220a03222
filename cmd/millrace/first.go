package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// first is how many of a long list are shown.
type first int

func (n *first) flag(cmd *cobra.Command) {
	cmd.Flags().IntVarP((*int)(n), "limit", "n", 100, "at most so many (0: all)") //nolint:mnd // a screen or two
}

// printFirst prints the first of a list: as JSON, or as a table that says how many more there are.
func printFirst[T any](out io.Writer, n first, list []T, asJSON bool, columns []string, row func(T) []string) error {
	more := 0
	if n > 0 && len(list) > int(n) {
		more, list = len(list)-int(n), list[:n]
	}
	if asJSON {
		for _, one := range list {
			if err := printJSON(out, one); err != nil {
				return err
			}
		}
		return nil
	}
	t := newTable(out, columns...)
	for _, one := range list {
		t.row(row(one)...)
	}
	if err := t.flush(); err != nil || more == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "… and %d more; see --limit\n", more)
	return err //nolint:wrapcheck // the terminal's own
}
