package outbox

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestTallyRefuses(t *testing.T) {
	t.Parallel()
	value := func(n int) string { return fmt.Sprintf(`{"id": %d, "pad": "%s"}`, n, strings.Repeat("x", padding)) }
	tally := newTally(3 * keys)
	for _, c := range []struct {
		key, value string
		fine       bool
	}{
		{"1", value(1), true},
		{"2", value(keys + 2), true},
		{"1", value(1), false},                              // repeated
		{"2", value(2), false},                              // out of order
		{"3", value(4), false},                              // another key
		{"5", strings.ReplaceAll(value(5), "x", ""), false}, // changed
		{"0", value(3 * keys), false},                       // never written
		{"6", "", false},
		{"6", value(6), true},
	} {
		if err := tally.add([]byte(c.key), []byte(c.value)); (err == nil) != c.fine {
			t.Errorf("key %s, %.20s: %v", c.key, c.value, err)
		}
	}
	if tally.count != 3 {
		t.Error("counted " + strconv.Itoa(tally.count))
	}
}
