package jobs

import (
	"testing"
	"time"
)

func heavy(bytes int) *attempt {
	return &attempt{row: &row{args: make([]byte, bytes/2), then: make([]byte, bytes/4), given: make([]byte, bytes/4)}}
}

// TestCrowdedMemory takes jobs into the memory until what they were given has as much as may be there: then there is room for none, however
// many workers are free, until the ends of some are written.
func TestCrowdedMemory(t *testing.T) {
	t.Parallel()
	const each = 1 << 20
	l := limits{workers: 1000}
	for range 1000 {
		l.count(time.Now())
	}
	var all []*attempt
	for l.bytes < heldBytes {
		a := heavy(each)
		if l.free() <= 0 || l.narrow() <= 0 || l.bytes < mostBytes && !l.extra() {
			t.Fatalf("there is no room after %d jobs", len(all))
		}
		l.enter(a)
		all = append(all, a)
	}
	if len(all) != heldBytes/each || l.free() > 0 || l.narrow() > 0 || l.extra() {
		t.Errorf("there is room after %d jobs: %d, %d, %t", len(all), l.free(), l.narrow(), l.extra())
	}
	for _, a := range all {
		a.row.args, a.row.then = nil, nil // as its end leaves them
		l.leave(a)
	}
	if l.bytes != 0 || l.memory != 0 || l.free() <= 0 {
		t.Errorf("%d bytes of %d jobs are left", l.bytes, l.memory)
	}
	if l.granted = 2 * heldBytes / each; l.free() > 0 {
		t.Error("there is room for more than was granted, by what jobs had lately")
	}
	for range 10 * meanOver {
		small := heavy(0)
		l.enter(small)
		l.leave(small)
	}
	if l.free() <= 0 {
		t.Error("jobs are small now, and there is no room for what was granted")
	}
}

// TestEndsAtOnce writes ends together as long as they have few bytes and few messages, and at least one.
func TestEndsAtOnce(t *testing.T) {
	t.Parallel()
	desk := func(made func() *attempt) *desk {
		d := new(desk)
		for range 3 * endsAtOnce {
			d.ended = append(d.ended, made())
		}
		return d
	}
	of := func(bytes, links int) func() *attempt {
		var then []byte
		for range links {
			then = appendText(then, linkWhole, "link")
		}
		return func() *attempt {
			a := &attempt{row: &row{then: then}, weight: bytes, outcome: outcome{result: make([]byte, 1000)}}
			a.weigh()
			return a
		}
	}
	for name, c := range map[string]struct {
		of   func() *attempt
		want int
	}{
		"small":           {of(0, 0), endsAtOnce},
		"large":           {of(1<<20-1000, 0), 8},
		"too large":       {of(100<<20, 0), 1},
		"with links":      {of(0, 97), tellsAtOnce / 100},
		"with much after": {of(0, 9999), 1},
	} {
		d := desk(c.of)
		if got := len(d.next(endsAtOnce)); got != c.want {
			t.Errorf("%s: %d at once, not %d", name, got, c.want)
		}
		d.written = len(d.ended) - 1
		if got := len(d.next(endsAtOnce)); got != 1 {
			t.Errorf("%s: %d of the last one", name, got)
		}
	}
}
