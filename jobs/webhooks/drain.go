package webhooks

import "time"

// drainLimit is how long a node that stops waits for attempts that are under way. Those that are not over then are made again elsewhere.
const drainLimit = 10 * time.Second

// drain lets attempts that are under way end, and what came of them be stored, before the node leaves. No others are begun.
func (n *node) drain() {
	over := false
	n.do(func(a *begun) {
		n.draining = true
		for _, d := range n.desks {
			d.draining = true
		}
		for _, d := range n.desks {
			n.recall(d, a)
		}
	})
	late := time.AfterFunc(drainLimit, func() { n.do(func(*begun) { over = true }) })
	defer late.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	for !over && n.busy() {
		n.changed.Wait()
	}
	n.draining = false // what it has owned goes; it may run again
}

// recall takes the places back of attempts that are not under way yet.
func (n *node) recall(d *desk, a *begun) {
	for job := range d.idle {
		job.line.running--
		n.leave(&job.place, a)
	}
	clear(d.idle)
}

// busy says whether attempts are under way, or what came of some is not stored yet.
func (n *node) busy() bool {
	for _, d := range n.desks {
		for _, l := range d.lines {
			if l.running > 0 {
				return true
			}
		}
	}
	return false
}
