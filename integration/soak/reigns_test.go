package soak_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// reign is a while in which one process believed in one lease of a singleton.
type reign struct {
	name, who   string
	token       int64
	first, last int64
}

// awake is how long a process that stood still may take until it has seen that its lease has ended.
const awake = time.Second

// reignsOf are the reigns that a process noted. What it noted while it woke up does not count: a process that
// stands still cannot see that its lease ends, and others are protected by the token alone.
func reignsOf(who string, notes []note, pauses []pause) []reign {
	var found []reign
	for _, n := range notes {
		if n.What != reigns || stood(pauses, n.At) {
			continue
		}
		same := slices.IndexFunc(found, func(r reign) bool { return r.name == n.Name && r.token == n.Token })
		if same < 0 {
			found = append(found, reign{n.Name, who, n.Token, n.At, n.At})
			continue
		}
		found[same].last = n.At
	}
	return found
}

// stood says whether a process stood still at a time, or woke up.
func stood(pauses []pause, at int64) bool {
	return slices.ContainsFunc(pauses, func(p pause) bool { return at >= p.from && at <= p.to+int64(awake) })
}

// checkReigns wants one reign of a singleton at a time, and a larger token of each other process.
func checkReigns(all []reign, breaks func(format string, args ...any)) {
	slices.SortFunc(all, func(a, b reign) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.token, b.token), cmp.Compare(a.first, b.first))
	})
	for i := range all {
		if i == 0 || all[i-1].name != all[i].name {
			continue
		}
		a, b := all[i-1], all[i]
		if a.token == b.token && a.who != b.who {
			breaks("singleton %s: %s and %s have the token %d", a.name, a.who, b.who, a.token)
		}
		if b.first <= a.last {
			breaks("singleton %s: %s reigns with token %d until %d, and %s with token %d from %d", a.name, a.who, a.token, a.last, b.who,
				b.token, b.first)
		}
	}
}

// describe lists the tenures of one name by their tokens.
func describe(ops []porcupine.Operation) string {
	slices.SortFunc(ops, func(a, b porcupine.Operation) int {
		return cmp.Or(cmp.Compare(a.Input.(lockOp).token, b.Input.(lockOp).token), cmp.Compare(a.Call, b.Call))
	})
	var text strings.Builder
	for _, o := range ops {
		until := fmt.Sprint(o.Return)
		if o.Return == math.MaxInt64 {
			until = "…"
		}
		if did := o.Input.(lockOp); did.acquire {
			fmt.Fprintf(&text, "\n\t[%d, %s] %d", o.Call, until, did.token)
		} else {
			fmt.Fprintf(&text, " [%d, %s]", o.Call, until)
		}
	}
	return text.String()
}
