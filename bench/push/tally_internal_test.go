package push

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bench/flows/fanout"
)

func TestCount(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var all strings.Builder
	const sent = 50
	for i := range sent {
		fmt.Fprintf(&all, `{"x":"%c%d%s"}`, fanout.Marker, now.Add(-time.Duration(i)).UnixNano(), strings.Repeat("x", i))
	}
	for size := 1; size < 100; size++ {
		var counted tally
		var c connection
		for rest := all.String(); rest != ""; {
			n := min(size, len(rest))
			counted.read(&c, []byte(rest[:n]), now)
			rest = rest[n:]
		}
		if counted.count != sent || len(counted.times) != sent {
			t.Fatalf("in pieces of %d: %d of %d", size, counted.count, sent)
		}
		for i, took := range counted.times {
			if took != time.Duration(i) {
				t.Fatalf("payload %d took %d", i, took)
			}
		}
	}
}
