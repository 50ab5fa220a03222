package bus

import (
	"sync"
	"sync/atomic"
)

// ready lists the keys that have something to run, in the order in which they became ready, and wakes workers for them.
// Workers share a bundle by counting; they lock only to go on to the next.
type ready struct {
	current atomic.Pointer[bundle]
	wake    chan struct{}

	mu      sync.Mutex
	bundles []*bundle // behind the current one
}

// bundle are keys that became ready together.
type bundle struct {
	keys  []*keyQueue
	taken atomic.Int64
}

// take returns the next key, nil when all are taken.
func (b *bundle) take() *keyQueue {
	if b.taken.Load() < int64(len(b.keys)) {
		if at := b.taken.Add(1) - 1; at < int64(len(b.keys)) {
			return b.keys[at]
		}
	}
	return nil
}

func newReady(workers int) *ready {
	r := &ready{wake: make(chan struct{}, workers)}
	r.current.Store(&bundle{})
	return r
}

// push adds the keys and wakes as many workers as can be of use. A worker that finds nothing sleeps again, so that one
// wake too many does no harm; no more than all workers are ever woken.
func (r *ready) push(keys ...*keyQueue) {
	if len(keys) == 0 {
		return
	}
	r.mu.Lock()
	r.bundles = append(r.bundles, &bundle{keys: keys})
	r.mu.Unlock()
	for range min(len(keys), cap(r.wake)) {
		select {
		case r.wake <- struct{}{}:
		default:
			return
		}
	}
}

// pop returns the next key, nil when there is none.
func (r *ready) pop() *keyQueue {
	for {
		seen := r.current.Load()
		if q := seen.take(); q != nil {
			return q
		}
		if !r.advance(seen) {
			return nil
		}
	}
}

// advance goes on to the next bundle, unless another worker has, and says whether there is one.
func (r *ready) advance(from *bundle) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current.Load() != from {
		return true
	}
	if len(r.bundles) == 0 {
		return false
	}
	r.current.Store(r.bundles[0])
	r.bundles[0] = nil
	r.bundles = r.bundles[1:]
	return true
}
