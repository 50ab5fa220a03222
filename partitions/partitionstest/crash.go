package partitionstest

import "github.com/millrace/millrace/partitions/internal/line"

// Crash ends the node at once, as SIGKILL does: nothing more of it reaches the brokers, and nothing of theirs reaches
// it. Others take its shards when its session times out. What its handlers do elsewhere than through the
// [partitions.Tx] may go on for a moment, as that of a node that is cut off. A node that does not run is left as it is.
func (n *Node) Crash() {
	if n.up() {
		n.current().die()
	}
}

// CrashBefore lets the node crash when it is about to send its count-th request of a kind from now on, 1 for the next.
// [Node.Wait] waits for that. It takes the place of what was said before.
func (n *Node) CrashBefore(step Step, count int) { n.crashAt(step, count, false) }

// CrashAfter lets the node crash when the brokers have done what its count-th request of a kind asks for, before it
// hears of that. It is as [Node.CrashBefore] else.
func (n *Node) CrashAfter(step Step, count int) { n.crashAt(step, count, true) }

func (n *Node) crashAt(step Step, count int, after bool) {
	n.group.world.t.Helper()
	if count < 1 || !n.up() {
		n.group.world.t.Fatalf("%s cannot crash at request %d of %s: it must run, and the count be 1 at least", n.name, count, step)
	}
	l := n.current()
	l.line.Set(&line.Tripwire{
		Counts: func(request int16) bool { return Step(request) == step },
		Left:   count, After: after,
		Hit: func(int16) { l.die() },
	})
}

// die crashes the node.
func (l *life) die() {
	n := l.node
	n.mu.Lock()
	again := l.crashed
	l.crashed, l.paused = true, false
	n.mu.Unlock()
	if again {
		return
	}
	l.line.Cut()
	l.cancel(line.ErrCut)
	close(l.crash)
	n.group.world.expire(l)
}
