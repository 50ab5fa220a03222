package partitionstest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/line"
)

// maxFailures bounds the steps of one scenario.
const maxFailures = 300

// EachFailure calls f as [Run] does, again and again, each time with one failure at another place:
//
//   - the node that f starts first crashes before or after one of the requests by which it writes to a transaction or
//     ends one, and is started anew a second later;
//   - a transaction cannot commit and is made again, so that handlers are called again in the same process.
//
// It ends when every place has had its failure, or with the first run that fails the test. f is the same as for Run, and
// makes everything anew. Keep it small: it is called twice for each request and once for each transaction.
func EachFailure(t *testing.T, f func(*testing.T, *World), defs ...bus.Definition) {
	t.Helper()
	for _, kinds := range [][]failureKind{{crashBefore, crashAfter}, {abort}} {
		if !each(t, kinds, f, defs) {
			return
		}
	}
}

// each goes from place to place until there is none, and says whether all runs passed.
func each(t *testing.T, kinds []failureKind, f func(*testing.T, *World), defs []bus.Definition) (passed bool) {
	t.Helper()
	for i := 1; i <= maxFailures; i++ {
		met := false
		for _, kind := range kinds {
			p := &planned{kind: kind, at: i}
			passed := t.Run(p.String(), func(t *testing.T) {
				defer func() {
					if t.Failed() {
						t.Logf("%s", p)
					}
				}()
				run(t, p, f, defs)
			})
			if !passed {
				return false
			}
			met = met || p.hit.Load() != nil
		}
		if !met {
			return true
		}
	}
	t.Fatalf("partitionstest: there are more than %d places to fail at: make the scenario smaller", maxFailures)
	return false
}

type failureKind string

const (
	crashBefore failureKind = "crash before step"
	crashAfter  failureKind = "crash after step"
	abort       failureKind = "abort of transaction"
)

// planned is the one failure of a run.
type planned struct {
	kind  failureKind
	at    int
	armed bool
	hit   atomic.Pointer[Step]
}

// String says where it is.
func (p *planned) String() string {
	text := fmt.Sprintf("%s %d", p.kind, p.at)
	if step := p.hit.Load(); step != nil && p.kind != abort {
		text += ", " + step.String()
	}
	return text
}

// arm lets the first life that it is given crash, and come back.
func (p *planned) arm(l *life) {
	if p == nil || p.armed || p.kind == abort {
		return
	}
	p.armed = true
	writes := func(request int16) bool { return Step(request).writes() }
	l.line.Set(&line.Tripwire{Counts: writes, Left: p.at, After: p.kind == crashAfter, Hit: func(request int16) {
		s := Step(request)
		p.hit.Store(&s)
		l.die()
		l.node.group.world.revive(l)
	}})
}

// restartAfter is how long a crashed node stays away.
const restartAfter = time.Second

// revive starts the node of a life that has crashed anew, unless it was told to stop meanwhile.
func (w *World) revive(l *life) {
	n := l.node
	w.ending.Go(func() {
		select {
		case <-w.closing:
			return
		case <-time.After(restartAfter):
		}
		if err := n.begin(func() bool { return n.life == l && !l.stopped }); err != nil {
			w.t.Errorf("restart %s: %v", n.name, err)
		}
	})
}
