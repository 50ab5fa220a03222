package push

import (
	"bytes"
	"strconv"
	"time"

	"github.com/millrace/millrace/bench/flows/fanout"
)

// tally counts payloads in what connections receive, and how long they took.
type tally struct {
	count int
	times []time.Duration
}

// connection is a client's, with what was cut at the end of the last read.
type connection struct{ left []byte }

// read counts what is in a piece of what a connection receives.
func (t *tally) read(c *connection, piece []byte, now time.Time) {
	if len(c.left) > 0 {
		need := min(1+fanout.Digits-len(c.left), len(piece))
		c.left = append(c.left, piece[:need]...)
		piece = piece[need:]
		if len(c.left) < 1+fanout.Digits {
			return
		}
		t.add(c.left[1:], now)
		c.left = c.left[:0]
	}
	for {
		at := bytes.IndexByte(piece, fanout.Marker)
		if at < 0 {
			return
		}
		piece = piece[at:]
		if len(piece) < 1+fanout.Digits {
			c.left = append(c.left[:0], piece...)
			return
		}
		t.add(piece[1:1+fanout.Digits], now)
		piece = piece[1+fanout.Digits:]
	}
}

func (t *tally) add(digits []byte, now time.Time) {
	nanos, _ := strconv.ParseInt(string(digits), 10, 64) // they are digits
	t.count++
	t.times = append(t.times, now.Sub(time.Unix(0, nanos)))
}
