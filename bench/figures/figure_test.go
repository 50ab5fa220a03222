package figures_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bench/figures"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	values := []time.Duration{3 * time.Millisecond, time.Millisecond, 2 * time.Millisecond}
	for q, want := range map[float64]float64{0: 1, 0.5: 2, 0.99: 3, 1: 3} {
		if got := figures.Quantile(values, q); got != want {
			t.Errorf("quantile %v is %v ms, want %v", q, got, want)
		}
	}
	if got := figures.Median(2.5, 1.5, 9); got != 2.5 {
		t.Errorf("median %v", got)
	}
}
