package outbox

import (
	"bytes"
	"fmt"
	"strconv"
)

// tally holds a side to its word: each row once, unchanged, and in order of its key. Rows count from 0.
type tally struct {
	count int
	seen  []bool
	last  []int // by key
}

func newTally(rows int) *tally {
	t := &tally{seen: make([]bool, rows), last: make([]int, keys)}
	for i := range t.last {
		t.last[i] = -1
	}
	return t
}

var pad = append(append([]byte(`, "pad": "`), bytes.Repeat([]byte("x"), padding)...), `"}`...) //nolint:gochecknoglobals // a constant

func (t *tally) add(key, value []byte) error {
	text, ok := bytes.CutPrefix(value, []byte(`{"id": `))
	at := bytes.IndexByte(text, ',')
	if !ok || at < 0 || !bytes.Equal(text[at:], pad) {
		return fmt.Errorf("a changed row: %.60q", value)
	}
	n, err := strconv.Atoi(string(text[:at]))
	if err != nil || n < 0 || n >= len(t.seen) || string(key) != strconv.Itoa(n%keys) {
		return fmt.Errorf("row %.10q with the key %q", text, key)
	}
	switch {
	case t.seen[n]:
		return fmt.Errorf("row %d is repeated", n)
	case n < t.last[n%keys]:
		return fmt.Errorf("row %d comes after row %d of its key", n, t.last[n%keys])
	}
	t.seen[n], t.last[n%keys] = true, n
	t.count++
	return nil
}
