package sagas_test

import (
	"bytes"
	"runtime/pprof"
	"strconv"
)

func id(n int) string { return strconv.Itoa(n) }

// goroutines is how many goroutines are in this package's code.
func goroutines() int {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	return bytes.Count(b.Bytes(), []byte("sagas.(*run)"))
}
