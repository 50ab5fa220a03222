package partitionstest

import (
	"sync"

	"github.com/millrace/millrace/partitions"
)

// Node is one process of a group, which may have several lives, one after the other.
type Node struct {
	group *Group
	name  string

	mu     sync.Mutex
	lives  int
	life   *life
	closed bool
}

// Stop ends the node in good order, as SIGTERM does, and returns when it has ended. A paused one goes on for that. A
// node that does not run is left as it is.
func (n *Node) Stop() {
	n.group.world.t.Helper()
	<-n.current().stop().ended
	n.report()
}

// close ends the node for good.
func (n *Node) close() {
	n.mu.Lock()
	n.closed = true
	l := n.life
	n.mu.Unlock()
	if l != nil {
		l.stop()
	}
}

// Restart starts the node again, with a new memory, after a crash or [Node.Stop].
func (n *Node) Restart() {
	n.group.world.t.Helper()
	if n.up() {
		n.group.world.t.Fatalf("%s runs", n.name)
	}
	n.report()
	if err := n.begin(always); err != nil {
		n.group.world.t.Fatalf("restart %s: %v", n.name, err)
	}
}

// Pause stops what the node sends and receives, as where its process or its network stands still. It does not end its
// handlers. Others take its shards when its session times out. A node that does not run is left as it is.
func (n *Node) Pause() {
	if !n.up() || n.paused() {
		return
	}
	l := n.current()
	l.line.Stall()
	n.mu.Lock()
	l.paused = true
	n.mu.Unlock()
	n.group.world.expire(l)
}

// Resume ends a pause: what was held back goes on its way.
func (n *Node) Resume() {
	l := n.current()
	n.mu.Lock()
	l.paused = false
	n.mu.Unlock()
	l.line.Flow()
}

// Wait returns when the node's life has ended, by [Node.Stop], a crash or an error of [partitions.Group.Run], which it
// returns. Who asks for an error expects it; another one fails the test.
func (n *Node) Wait() error {
	w := n.group.world
	w.t.Helper()
	l := n.current()
	w.until(0, func() (string, string) {
		select {
		case <-l.ended:
		case <-l.crash:
		default:
			return "", n.name + " runs"
		}
		return "", ""
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	l.asked = true
	if l.crashed {
		return nil
	}
	return l.err
}

// Group is the group of the node's present life, for [partitions.Ask] and the like.
func (n *Node) Group() *partitions.Group { return n.current().group }

// Name is the node's name in the world: node-1 for the first one.
func (n *Node) Name() string { return n.name }

func (n *Node) current() *life {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.life
}

func (n *Node) client() string { return n.current().client }

func (n *Node) paused() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.life.paused
}

// up says whether the node runs.
func (n *Node) up() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.life == nil || n.life.crashed || n.life.stopped {
		return false
	}
	select {
	case <-n.life.ended:
		return false
	default:
		return true
	}
}

// report fails the test with the error that ended the node's life, once, unless somebody has asked for it.
func (n *Node) report() (failed bool) {
	n.group.world.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.life
	if l == nil || l.err == nil || l.asked {
		return false
	}
	l.asked = true
	n.group.world.t.Errorf("%s ended: %v", n.name, l.err)
	return true
}
