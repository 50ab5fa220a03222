package bus

import "sync"

// ready lists the keys that have something to run, in the order in which they became ready, and wakes workers for them.
type ready struct {
	mu    sync.Mutex
	queue chain
	wake  chan struct{}
}

// chain links keys to each other. A key stands in one chain at most.
type chain struct {
	first, last *keyQueue
	length      int
}

func (c *chain) add(q *keyQueue) {
	q.next = nil
	if c.last == nil {
		c.first = q
	} else {
		c.last.next = q
	}
	c.last = q
	c.length++
}

func newReady(workers int) *ready { return &ready{wake: make(chan struct{}, workers)} }

// push adds the keys and wakes as many workers as can be of use. A worker that finds nothing sleeps again, so that one
// wake too many does no harm; no more than all workers are ever woken.
func (r *ready) push(added chain) {
	if added.first == nil {
		return
	}
	r.mu.Lock()
	if r.queue.last == nil {
		r.queue = added
	} else {
		r.queue.last.next = added.first
		r.queue.last = added.last
		r.queue.length += added.length
	}
	r.mu.Unlock()
	for range min(added.length, cap(r.wake)) {
		select {
		case r.wake <- struct{}{}:
		default:
			return
		}
	}
}

// pop returns the next key, nil when there is none.
func (r *ready) pop() *keyQueue {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.queue.first
	if q == nil {
		return nil
	}
	r.queue.first = q.next
	r.queue.length--
	if r.queue.first == nil {
		r.queue.last = nil
	}
	q.next = nil
	return q
}
