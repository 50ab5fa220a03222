package sagas_test

import (
	"bytes"
	"flag"
	"runtime/pprof"
	"strconv"
	"testing"
)

func id(n int) string { return strconv.Itoa(n) }

// goroutines is how many goroutines are in this package's code.
func goroutines() int {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	return bytes.Count(b.Bytes(), []byte("sagas.(*run)"))
}

var (
	seeds        = flag.Uint64("seeds", 8, "how many storms there are")
	untilFailure = flag.Bool("until-failure", false, "one storm after the other, until one fails")
)

// storms runs a test for each seed.
func storms(t *testing.T, test func(t *testing.T, seed uint64)) {
	t.Helper()
	for seed := range *seeds {
		if *untilFailure && t.Failed() {
			return
		}
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			if !*untilFailure {
				t.Parallel()
			}
			test(t, seed)
		})
	}
}
