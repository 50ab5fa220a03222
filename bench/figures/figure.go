package figures

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"
)

// Figure is one line of output.
type Figure struct {
	Bench  string  `json:"bench"`
	Case   string  `json:"case"`
	Side   string  `json:"side"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
}

// Print prints figures for people, or for programs as one JSON object a line.
func Print(out io.Writer, asJSON bool, all ...Figure) error {
	for _, f := range all {
		if asJSON {
			if err := json.NewEncoder(out).Encode(f); err != nil {
				return err //nolint:wrapcheck // a bench
			}
			continue
		}
		if _, err := fmt.Fprintf(out, "%-30s %-16s %-28s %14.2f\n", f.Case, f.Side, f.Metric, f.Value); err != nil {
			return err //nolint:wrapcheck // a bench
		}
	}
	return nil
}

// Median is the value in the middle, the upper one of two.
func Median[T cmp.Ordered](values ...T) T { return at(values, 0.5) }

// Quantile is in milliseconds: the value below which the share q of all is.
func Quantile(took []time.Duration, q float64) float64 {
	return float64(at(took, q).Microseconds()) / 1000
}

func at[T cmp.Ordered](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)]
}
